-- The labels of a Discogs dump: one row per label that has an entry or stands on a release.
-- Reads dump_labels, dump_release_labels, and discogs_label_names.sql as label_names: the key of a label that has a
-- name only, which no label with an id has, is name:<name>. Not On Label (1818) is none.

with occurrences as (
    select label, name, -1 as release, -1 as place from dump_labels
    union all
    select label, name, release, place from dump_release_labels
),

numbered as (
    select
        label::bigint as id,
        label::varchar as key,
        arg_min(name, (release, place)) as name,
        coalesce(min(name) <> max(name), false) as disagrees
    from occurrences
    where label > 0 and label <> 1818
    group by label
),

named as (
    select id, 'name:' || name as key, name, false as disagrees
    from label_names
    where id > 2147483647
)

select * from numbered
union all
select * from named
order by key
