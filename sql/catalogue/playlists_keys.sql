-- The tracks: one row per key of a track.
-- Reads rows, songs.

with met as (
    select track as key from rows
    union
    select key from songs
)

select (row_number() over (order by key) - 1)::integer as track_id, key
from met
