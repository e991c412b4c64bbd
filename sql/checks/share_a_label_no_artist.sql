-- Pairs of two tracks with no record label in common, or with an artist in common: one row per violating pair.

with shared_labels as (
    select epoch, anchor, positive
    from pairs
    join track_labels as a on a.track_id = pairs.anchor
    semi join track_labels as b on b.track_id = pairs.positive and b.label_id = a.label_id
),

shared_artists as (
    select epoch, anchor, positive
    from pairs
    join track_artists as a on a.track_id = pairs.anchor
    semi join track_artists as b on b.track_id = pairs.positive and b.artist_id = a.artist_id
)

select epoch, anchor, positive, via
from pairs
anti join shared_labels using (epoch, anchor, positive)

union

select epoch, anchor, positive, via
from pairs
semi join shared_artists using (epoch, anchor, positive);
