-- Genres, styles and other tags of most tracks: one row per kind and tag.
-- Variables: kind (genre, style, tag or text; all), rows (20).

select count(*) as tracks, kind, tag
from track_tags
where kind = coalesce(getvariable('kind')::varchar, kind)
group by kind, tag
order by tracks desc, encode(kind), encode(tag)
limit coalesce(getvariable('rows'), 20);
