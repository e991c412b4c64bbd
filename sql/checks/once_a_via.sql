-- Tracks that stand in more than one pair of one via and epoch: one row per epoch, via and track.

with standings as (
    select epoch, via, anchor as track_id
    from pairs
    union all
    select epoch, via, positive as track_id
    from pairs
)

select epoch, via, track_id, count(*) as pairs
from standings
group by epoch, via, track_id
having count(*) > 1;
