-- Keys of tracks by a part of their title or artist, most popular first: one row per track.
-- Variables: text (everything), rows (20). Optional: playlist_tracks, track_releases.

with found as (
    select track_id, key, title, artist, album
    from tracks
    where contains(
        lower(coalesce(title, '') || ' by ' || coalesce(artist, '')),
        lower(coalesce(getvariable('text')::varchar, ''))
    )
),

places as (
    select track_id, count(distinct playlist_id) as playlists
    from playlist_tracks
    semi join found using (track_id)
    group by track_id
),

albums as (
    select track_id, count(*) as releases
    from track_releases
    semi join found using (track_id)
    group by track_id
)

select coalesce(playlists, 0) as playlists, coalesce(releases, 0) as releases, key, title, artist, album
from found
left join places using (track_id)
left join albums using (track_id)
order by coalesce(playlists, 0) desc, coalesce(releases, 0) desc, track_id
limit coalesce(getvariable('rows'), 20);
