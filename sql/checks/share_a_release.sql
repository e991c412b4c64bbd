-- Pairs of two tracks with no release in common: one row per violating pair.

with shared_releases as (
    select epoch, anchor, positive
    from pairs
    join track_releases as a on a.track_id = pairs.anchor
    semi join track_releases as b on b.track_id = pairs.positive and b.release_id = a.release_id
)

select epoch, anchor, positive, via
from pairs
anti join shared_releases using (epoch, anchor, positive);
