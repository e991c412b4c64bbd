-- Tracks by artists that a list of keys names: one row per track and artist. Needs listed_keys (key).

select track_id, key
from track_artists
join artists using (artist_id)
semi join listed_keys using (key);
