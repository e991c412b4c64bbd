-- Formats of most releases (Vinyl, CD, File): one row per format; a release may have several.
-- Variables: rows (20).

with formats as (
    select unnest(string_split(format, ', ')) as format
    from releases
    where format is not null
)

select count(*) as releases, format
from formats
group by format
order by releases desc, encode(format)
limit coalesce(getvariable('rows'), 20);
