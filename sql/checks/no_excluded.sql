-- Excluded tracks that stand in a pair all the same: one row per violating pair.

select epoch, anchor, positive
from pairs
where anchor in (select track_id from excluded)
    or positive in (select track_id from excluded);
