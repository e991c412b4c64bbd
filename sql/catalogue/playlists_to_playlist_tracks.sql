-- The table playlist_tracks: one row per place in a playlist.
-- Reads entries.

select
    playlist_id,
    (case when numbered then place else row_number() over (partition by playlist_id order by place) - 1 end)::integer
    as position,
    track_id
from entries
order by playlist_id, position
