-- The releases of a Discogs dump: one row per release.
-- Reads dump_releases, dump_release_formats.

with first_formats as (
    select release, min(name) as name, min(name) <> max(name) as has_others
    from dump_release_formats
    group by release
),

-- Few releases have several, and only theirs are put in order: that takes a third of the time.
several_formats as (
    select release, name, min(place) as place
    from dump_release_formats
    where name is not null and release in (select release from first_formats where has_others)
    group by release, name
),

joined_formats as (
    select release, string_agg(name, ', ' order by place) as names
    from several_formats
    group by release
),

formats as (
    select release, coalesce(names, name) as format
    from first_formats
    left join joined_formats using (release)
),

dated as (
    select *, try_cast(regexp_extract(released, '^[0-9]{4}') as integer) as first_digits
    from dump_releases
)

select
    release as id,
    release::varchar as key,
    title,
    case when first_digits between 1 and 2100 then first_digits end as year,
    country,
    master::varchar as master,
    format
from dated
left join formats using (release)
order by key
