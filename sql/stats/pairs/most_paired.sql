-- Tracks in most pairs: one row per track.
-- Variables: rows (20).

with uses as (
    select anchor as track_id, count(*) as as_anchor, 0 as as_positive
    from pairs
    group by anchor
    union all
    select positive, 0, count(*)
    from pairs
    group by positive
),

totals as (
    select track_id, sum(as_anchor)::bigint as as_anchor, sum(as_positive)::bigint as as_positive
    from uses
    group by track_id
    order by sum(as_anchor + as_positive) desc, track_id
    limit coalesce(getvariable('rows'), 20)
)

select as_anchor + as_positive as pairs, as_anchor, as_positive, key, title, artist
from totals
join pair_tracks using (track_id)
order by pairs desc, track_id;
