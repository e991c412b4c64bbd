-- Pairs whose playlist does not hold both tracks: one row per violating pair.

select epoch, anchor, positive, via
from pairs
anti join playlist_tracks as a on a.playlist_id = pairs.via and a.track_id = pairs.anchor

union all

select epoch, anchor, positive, via
from pairs
anti join playlist_tracks as b on b.playlist_id = pairs.via and b.track_id = pairs.positive;
