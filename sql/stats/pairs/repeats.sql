-- Pairs that no earlier epoch holds, in either direction: one row per epoch.

with unordered as (
    select least(anchor, positive) as a, greatest(anchor, positive) as b, epoch, count(*) as times
    from pairs
    group by all
),

firsts as (
    select min(epoch) as epoch, arg_min(times, epoch) as times
    from unordered
    group by a, b
),

new as (
    select epoch, sum(times)::bigint as new_pairs
    from firsts
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
