-- Tracks that a list of keys names: one row per track. Needs listed_keys (key).

select track_id, key
from tracks
semi join listed_keys using (key);
