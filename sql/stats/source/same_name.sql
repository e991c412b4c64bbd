-- Titles and artists that go by several keys, which may be one recording: one row per title and artist.
-- Variables: rows (20).

select count(*) as keys, title, artist, list(key order by track_id)[:5] as examples
from tracks
where title is not null and artist is not null
group by title, artist
having count(*) > 1
order by keys desc, encode(title), encode(artist)
limit coalesce(getvariable('rows'), 20);
