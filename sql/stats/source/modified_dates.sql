-- Days on which most playlists were last changed: one row per day (UTC).
-- Variables: rows (20).

select count(*) as playlists, modified_at::date as modified_on
from playlists
where modified_at is not null
group by modified_on
order by playlists desc, modified_on
limit coalesce(getvariable('rows'), 20);
