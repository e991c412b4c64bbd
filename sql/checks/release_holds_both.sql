-- Pairs of tracks that are not both on the release that links them: one row per violating pair.

select epoch, anchor, positive, via
from pairs
anti join track_releases as a on a.release_id = pairs.via and a.track_id = pairs.anchor

union all

select epoch, anchor, positive, via
from pairs
anti join track_releases as b on b.release_id = pairs.via and b.track_id = pairs.positive;
