-- Playlists that hold two tracks: one row per playlist.
-- Variables: track, partner (track ids).

with own as (
    select distinct playlist_id
    from playlist_tracks
    where track_id = getvariable('track')
),

shared as (
    select distinct playlist_id
    from playlist_tracks
    semi join own using (playlist_id)
    where track_id = getvariable('partner')
),

lengths as (
    select playlist_id, count(*) as entries
    from playlist_tracks
    semi join shared using (playlist_id)
    group by playlist_id
)

select key, title, entries
from lengths
join playlists using (playlist_id)
order by playlist_id;
