-- Most frequent numbers of editing sessions: one row per number.
-- Variables: rows (20).

select count(*) as playlists, num_edits
from playlists
where num_edits is not null
group by num_edits
order by playlists desc, num_edits
limit coalesce(getvariable('rows'), 20);
