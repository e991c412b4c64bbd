-- Countries of most releases: one row per country.
-- Variables: rows (20).

select count(*) as releases, country
from releases
where country is not null
group by country
order by releases desc, encode(country)
limit coalesce(getvariable('rows'), 20);
