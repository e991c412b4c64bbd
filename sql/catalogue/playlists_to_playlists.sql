-- The table playlists: one row per playlist.
-- Reads lists, kept. What tags a playlist has, its description tells.

select
    playlist_id,
    key,
    name as title,
    nullif(array_to_string(tags, ', '), '') as description,
    entries as num_tracks,
    num_followers,
    modified_at
from kept
join lists using (list)
order by playlist_id
