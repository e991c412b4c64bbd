-- Most popular tracks that no pair holds: one row per track.
-- Variables: rows (20).

with unpaired as (
    select track_id
    from tracks
    anti join pair_tracks using (track_id)
),

popularity as (
    select track_id, count(distinct playlist_id) as playlists
    from playlist_tracks
    semi join unpaired using (track_id)
    group by track_id
)

select coalesce(playlists, 0) as playlists, key, title, artist
from unpaired
join tracks using (track_id)
left join popularity using (track_id)
order by playlists desc, track_id
limit coalesce(getvariable('rows'), 20);
