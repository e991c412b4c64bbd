-- Every pair of one track: one row per epoch, role and partner.
-- Variables: key (the track; the first one).

with chosen as (
    select track_id
    from pair_tracks
    where key = coalesce(getvariable('key')::varchar, (select key from pair_tracks order by track_id limit 1))
),

directions as (
    select epoch, 'anchor' as role, positive as partner, score
    from pairs
    where anchor in (select track_id from chosen)
    union all
    select epoch, 'positive', anchor, score
    from pairs
    where positive in (select track_id from chosen)
)

select epoch, role, score, key, title, artist
from directions
join pair_tracks on track_id = partner
order by epoch, role, partner;
