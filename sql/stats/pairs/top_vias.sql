-- Playlists, artists, … that link most pairs: one row per via. None where the set's pairs have no via.
-- Variables: rows (20).

with linked as (
    select via, count(*) as pairs, count(distinct epoch) as epochs
    from pairs
    where via is not null
    group by via
    order by pairs desc, via
    limit coalesce(getvariable('rows'), 20)
)

select pairs, epochs, key, name
from linked
join vias using (via)
order by pairs desc, via;
