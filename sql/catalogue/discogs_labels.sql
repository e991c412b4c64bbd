-- The labels of a Discogs dump: one row per label that has an entry or stands on a release.
-- Reads dump_labels, dump_release_labels. Not On Label (1818) is none, and neither are names without a page (id 0).

with occurrences as (
    select label, name, -1 as release, -1 as place from dump_labels
    union all
    select label, name, release, place from dump_release_labels
),

labels as (
    select
        label,
        arg_min(name, (release, place)) as name,
        coalesce(min(name) <> max(name), false) as disagrees
    from occurrences
    where label > 0 and label <> 1818
    group by label
)

select label as id, label::varchar as key, name, disagrees
from labels
order by key
