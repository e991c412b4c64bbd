-- Most frequent playlist lengths: one row per length in entries, as the source states it.
-- Variables: rows (20).

select count(*) as playlists, num_tracks
from playlists
where num_tracks is not null
group by num_tracks
order by playlists desc, num_tracks
limit coalesce(getvariable('rows'), 20);
