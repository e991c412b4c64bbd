-- The table track_releases: one row per track and release.
-- Reads mentions.

with numbered as (
    select (row_number() over (order by release) - 1)::integer as release_id, release
    from mentions
    where release is not null
    group by release
)

select track_id, release_id
from mentions
join numbered using (release)
order by track_id
