-- Releases that link pairs though fewer tracks than asked for are left of them: one row per release.
-- Variables: min_group (without it there is no limit).

with used as (
    select distinct via as release_id
    from pairs
)

select release_id, count(distinct track_id) as tracks
from track_releases
semi join used using (release_id)
anti join excluded using (track_id)
group by release_id
having count(distinct track_id) < getvariable('min_group');
