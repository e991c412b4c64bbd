-- The table tracks: one row per recording.
-- Reads mentions.

select
    track_id,
    key,
    title,
    nullif(array_to_string(list_transform(artists, lambda a: a.name), ', '), '') as artist,
    album,
    duration_ms
from mentions
order by track_id
