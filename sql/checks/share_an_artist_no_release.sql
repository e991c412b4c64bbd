-- Pairs of two tracks with no artist in common, or with a release in common: one row per violating pair.

with shared_artists as (
    select epoch, anchor, positive
    from pairs
    join track_artists as a on a.track_id = pairs.anchor
    semi join track_artists as b on b.track_id = pairs.positive and b.artist_id = a.artist_id
),

shared_releases as (
    select epoch, anchor, positive
    from pairs
    join track_releases as a on a.track_id = pairs.anchor
    semi join track_releases as b on b.track_id = pairs.positive and b.release_id = a.release_id
)

select epoch, anchor, positive, via
from pairs
anti join shared_artists using (epoch, anchor, positive)

union

select epoch, anchor, positive, via
from pairs
semi join shared_releases using (epoch, anchor, positive);
