-- Tracks with most different partners: one row per track.
-- Variables: rows (20).

with directions as (
    select anchor as track_id, positive as partner
    from pairs
    where anchor <> positive
    union all
    select positive, anchor
    from pairs
    where anchor <> positive
),

hubs as (
    select track_id, count(distinct partner) as partners, count(*) as pairs
    from directions
    group by track_id
    order by partners desc, track_id
    limit coalesce(getvariable('rows'), 20)
)

select partners, pairs, key, title, artist
from hubs
join pair_tracks using (track_id)
order by partners desc, track_id;
