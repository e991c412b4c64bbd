-- Tracks of a pair set that are not in the split it was drawn from: one row per track.
-- Variables: split.

select track_id, key
from pair_tracks
anti join (select track_id from splits where split = getvariable('split')) using (track_id);
