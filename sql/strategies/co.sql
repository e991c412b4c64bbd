-- The playlists that `co` pairs and `tco` counts: one row per playlist and distinct track.
-- Variables: excluded (track ids that must not appear), max_playlist_length (in distinct tracks that may appear).

with memberships as (
    select distinct playlist_id as group_id, track_id
    from playlist_tracks
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

lengths as (
    select group_id, count(*) as length
    from memberships
    group by group_id
)

select group_id, track_id
from memberships
join lengths using (group_id)
where length <= coalesce(getvariable('max_playlist_length'), length)
order by group_id, track_id;
