-- Playlists that link pairs though they hold more distinct tracks than allowed: one row per playlist.
-- Variables: max_playlist_length (without it there is no limit).

with used as (
    select distinct via as playlist_id
    from pairs
)

select playlist_id, count(distinct track_id) as length
from playlist_tracks
semi join used using (playlist_id)
anti join excluded using (track_id)
group by playlist_id
having count(distinct track_id) > getvariable('max_playlist_length');
