-- The releases that link tracks: one row per release and track.
-- Variables: excluded (track ids that must not appear), min_group (1; releases of fewer tracks link none).

with kept as (
    select distinct release_id as group_id, track_id
    from track_releases
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

sizes as (
    select group_id, count(*) as tracks
    from kept
    group by group_id
)

select group_id, track_id
from kept
join sizes using (group_id)
where tracks >= coalesce(getvariable('min_group'), 1)
order by group_id, track_id;
