-- Tracks that share most playlists with one track: one row per partner.
-- Variables: key (the track; the first one), rows (20).

with chosen as (
    select track_id
    from tracks
    where key = coalesce(getvariable('key')::varchar, (select key from tracks where track_id = 0))
),

own as (
    select distinct playlist_id
    from playlist_tracks
    semi join chosen using (track_id)
),

counts as (
    select track_id, count(distinct playlist_id) as shared_playlists
    from playlist_tracks
    semi join own using (playlist_id)
    anti join chosen using (track_id)
    group by track_id
    order by shared_playlists desc, track_id
    limit coalesce(getvariable('rows'), 20)
)

select shared_playlists, shared_playlists / (select count(*) from own) as share_of_its_playlists, key, title, artist
from counts
join tracks using (track_id)
order by shared_playlists desc, track_id;
