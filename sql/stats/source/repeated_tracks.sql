-- Tracks that stand several times in one playlist: one row per playlist and track, most repeated first.
-- Variables: rows (20).

with repeats as (
    select playlist_id, track_id, count(*) as times
    from playlist_tracks
    group by playlist_id, track_id
    having count(*) > 1
    order by times desc, playlist_id, track_id
    limit coalesce(getvariable('rows'), 20)
)

select
    times,
    playlists.key as playlist,
    playlists.title as playlist_title,
    tracks.key as track,
    tracks.title,
    tracks.artist
from repeats
join playlists using (playlist_id)
join tracks using (track_id)
order by times desc, playlist_id, track_id;
