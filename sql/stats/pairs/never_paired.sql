-- Most popular tracks that no pair holds: one row per track.
-- Variables: rows (20). Optional: playlist_tracks, track_releases.

with unpaired as (
    select track_id
    from tracks
    anti join pair_tracks using (track_id)
),

places as (
    select track_id, count(distinct playlist_id) as playlists
    from playlist_tracks
    semi join unpaired using (track_id)
    group by track_id
),

albums as (
    select track_id, count(*) as releases
    from track_releases
    semi join unpaired using (track_id)
    group by track_id
)

select coalesce(playlists, 0) as playlists, coalesce(releases, 0) as releases, key, title, artist
from unpaired
join tracks using (track_id)
left join places using (track_id)
left join albums using (track_id)
order by coalesce(playlists, 0) desc, coalesce(releases, 0) desc, track_id
limit coalesce(getvariable('rows'), 20);
