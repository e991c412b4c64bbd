-- Pairs of two different tracks in a set of self-pairs: one row per violating pair.

select epoch, anchor, positive
from pairs
where anchor <> positive;
