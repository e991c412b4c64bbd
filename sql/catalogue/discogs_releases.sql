-- The releases of a Discogs dump: one row per release.
-- Reads dump_releases, dump_release_formats.

with format_names as (
    select release, name, min(place) as place
    from dump_release_formats
    where name is not null
    group by release, name
),

formats as (
    select release, string_agg(name, ', ' order by place) as format
    from format_names
    group by release
),

years as (
    select release, regexp_extract(released, '^[0-9]{4}')::integer as year
    from dump_releases
    where regexp_matches(released, '^[0-9]{4}')
)

select
    release as id,
    release::varchar as key,
    title,
    case when year between 1 and 2100 then year end as year,
    country,
    master::varchar as master,
    format
from dump_releases
left join years using (release)
left join formats using (release)
order by key
