-- Tracks of the source that stand in no pair though they are not excluded: one row per track.

select track_id, key
from tracks
anti join pair_tracks using (track_id)
anti join excluded using (track_id);
