-- Pairs of tracks that are not both on the label that links them: one row per violating pair.

select epoch, anchor, positive, via
from pairs
anti join track_labels as a on a.label_id = pairs.via and a.track_id = pairs.anchor

union all

select epoch, anchor, positive, via
from pairs
anti join track_labels as b on b.label_id = pairs.via and b.track_id = pairs.positive;
