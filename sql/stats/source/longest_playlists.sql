-- Longest playlists: one row per playlist.
-- Variables: rows (20).

with lengths as (
    select playlist_id, count(*) as entries, count(distinct track_id) as distinct_tracks
    from playlist_tracks
    group by playlist_id
),

longest as (
    select *
    from lengths
    order by entries desc, playlist_id
    limit coalesce(getvariable('rows'), 20)
)

select entries, distinct_tracks, key, title
from longest
join playlists using (playlist_id)
order by entries desc, playlist_id;
