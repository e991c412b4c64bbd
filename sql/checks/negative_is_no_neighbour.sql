-- Triplets whose negative is the anchor, a neighbour of it, or no neighbour of the positive: one row per violating triplet.

with neighbours as (
    select track_a as track_id, track_b as neighbour_id from edges
    union all
    select track_b, track_a from edges
),

judged as (
    select
        epoch, anchor, positive, negative,
        exists (
            select 1 from neighbours where neighbours.track_id = anchor and neighbours.neighbour_id = negative
        ) as of_anchor,
        exists (
            select 1 from neighbours where neighbours.track_id = positive and neighbours.neighbour_id = negative
        ) as of_positive
    from pairs
)

select epoch, anchor, positive, negative
from judged
where anchor = negative or of_anchor or not of_positive;
