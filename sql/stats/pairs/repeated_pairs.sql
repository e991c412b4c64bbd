-- Pairs drawn most often: one row per unordered pair.
-- Variables: rows (20).

with unordered as (
    select least(anchor, positive) as a, greatest(anchor, positive) as b, count(*) as times, max(score) as score
    from pairs
    group by all
    order by times desc, a, b
    limit coalesce(getvariable('rows'), 20)
)

select
    times,
    score,
    x.key as key_a,
    x.title as title_a,
    x.artist as artist_a,
    y.key as key_b,
    y.title as title_b,
    y.artist as artist_b
from unordered
join pair_tracks as x on x.track_id = a
join pair_tracks as y on y.track_id = b
order by times desc, a, b;
