-- Tracks of a pair set that its source names otherwise: one row per track.

select pair_tracks.track_id, pair_tracks.key, tracks.key as key_in_source
from pair_tracks
left join tracks using (track_id)
where (pair_tracks.key, pair_tracks.title, pair_tracks.artist)
    is distinct from (tracks.key, tracks.title, tracks.artist);
