-- Most frequent numbers of followers: one row per number.
-- Variables: rows (20).

select count(*) as playlists, num_followers
from playlists
where num_followers is not null
group by num_followers
order by playlists desc, num_followers
limit coalesce(getvariable('rows'), 20);
