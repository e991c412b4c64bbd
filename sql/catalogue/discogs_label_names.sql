-- The labels that stand on releases by name only (without an id, or with 0): one row per name, with the id it goes by.
-- Reads dump_labels, dump_release_labels. That is the smallest id of a label of this very name; a name that no label
-- with an id has gets a number past all ids. "Not On Label" is none.

with names as (
    select distinct name
    from dump_release_labels
    where coalesce(label, 0) <= 0 and name <> '' and name <> 'Not On Label'
),

occurrences as (
    select label, name from dump_labels
    union all
    select label, name from dump_release_labels
),

known as (
    select name, min(label)::bigint as id
    from occurrences
    semi join names using (name)
    where label > 0 and label <> 1818
    group by name
)

select name, coalesce(id, 2147483647 + row_number() over (partition by id is null order by name)) as id
from names
left join known using (name)
