-- The entries of the playlists that are kept: one row per place in a playlist.
-- Reads rows, lists, kept, keys. `place`: the position, else the number of the row.

select
    playlist_id,
    numbered,
    (case when numbered then position - base else row end)::bigint as place,
    track_id
from rows
join lists using (part, playlist)
join kept using (list)
join keys on keys.key = rows.track
