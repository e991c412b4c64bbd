-- Number of playlists that hold each of two tracks: one row per track.
-- Variables: track, partner (track ids).

select track_id, count(distinct playlist_id) as playlists
from playlist_tracks
where track_id in (getvariable('track'), getvariable('partner'))
group by track_id;
