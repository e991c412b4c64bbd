-- Pairs that an epoch is the first to hold: one row per epoch. An unordered pair counts once, wherever it recurs.

with unordered as (
    select min(epoch) as epoch
    from pairs
    group by least(anchor, positive), greatest(anchor, positive)
),

new as (
    select epoch, count(*) as new_pairs
    from unordered
    group by epoch
),

drawn as (
    select epoch, count(*) as pairs
    from pairs
    group by epoch
)

select epoch, pairs, coalesce(new_pairs, 0) as new_pairs, 1 - coalesce(new_pairs, 0) / pairs as repeated_share
from drawn
left join new using (epoch)
order by epoch;
