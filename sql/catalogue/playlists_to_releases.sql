-- The table releases: one row per release (album).
-- Reads mentions. Of several titles or years of one key those of the first track are taken.

select
    (row_number() over (order by release) - 1)::integer as release_id,
    release as key,
    arg_min(album, track_id) as title,
    arg_min(year, track_id) as year
from mentions
where release is not null
group by release
order by release
