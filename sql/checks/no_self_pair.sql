-- Pairs of a track with itself: one row per violating pair.

select epoch, anchor, positive
from pairs
where anchor = positive;
