-- Size of each epoch: one row per epoch, with its pairs, distinct tracks and distinct vias.
-- Variables: first_epoch (0), last_epoch (the last).

with drawn as (
    select epoch, anchor, positive, via
    from pairs
    where epoch between coalesce(getvariable('first_epoch'), 0) and coalesce(getvariable('last_epoch'), 2147483647)
),

counts as (
    select epoch, count(*) as pairs, count(distinct via) as vias
    from drawn
    group by epoch
),

standings as (
    select epoch, anchor as track_id
    from drawn
    union
    select epoch, positive
    from drawn
),

covered as (
    select epoch, count(*) as tracks
    from standings
    group by epoch
)

select epoch, pairs, tracks, vias
from counts
join covered using (epoch)
order by epoch;
