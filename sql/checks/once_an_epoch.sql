-- Tracks that stand in more than one pair of an epoch: one row per epoch and track.

with standings as (
    select epoch, anchor as track_id
    from pairs
    union all
    select epoch, positive as track_id
    from pairs
    where anchor <> positive
)

select epoch, track_id, count(*) as pairs
from standings
group by epoch, track_id
having count(*) > 1;
