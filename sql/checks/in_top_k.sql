-- Pairs whose positive is not among the anchor's best partners, or has another score there: one row per violating
-- pair. Needs the table neighbours, as sql/strategies/tco.sql gives it for the set's parameters.

select epoch, anchor, positive, pairs.score
from pairs
anti join neighbours
    on neighbours.track_id = pairs.anchor
    and neighbours.neighbour_id = pairs.positive
    and neighbours.score = pairs.score;
