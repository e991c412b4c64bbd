-- Triplets whose positive is no neighbour of the anchor: one row per violating triplet.

with neighbours as (
    select track_a as track_id, track_b as neighbour_id from edges
    union all
    select track_b, track_a from edges
)

select epoch, anchor, positive, negative
from pairs
anti join neighbours on neighbours.track_id = pairs.anchor and neighbours.neighbour_id = pairs.positive;
