-- Tracks of a pair set that are not linked to the source it is for, or are named otherwise there: one row per track.
-- Needs the table linked (track_id, key, title, artist): the linked tracks of the set's source, by their names there.

select pair_tracks.track_id, pair_tracks.key, linked.key as key_there
from pair_tracks
left join linked using (track_id)
where (pair_tracks.key, pair_tracks.title, pair_tracks.artist)
    is distinct from (linked.key, linked.title, linked.artist);
