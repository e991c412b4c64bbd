-- Pairs whose playlist does not hold both tracks: one row per violating pair.

with memberships as (
    select distinct playlist_id as via, track_id
    from playlist_tracks
)

select epoch, anchor, positive, via
from pairs
anti join memberships as a on a.via = pairs.via and a.track_id = pairs.anchor

union all

select epoch, anchor, positive, via
from pairs
anti join memberships as b on b.via = pairs.via and b.track_id = pairs.positive;
