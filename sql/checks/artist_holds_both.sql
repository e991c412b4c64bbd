-- Pairs of tracks that are not both by the artist that links them: one row per violating pair.

select epoch, anchor, positive, via
from pairs
anti join track_artists as a on a.artist_id = pairs.via and a.track_id = pairs.anchor

union all

select epoch, anchor, positive, via
from pairs
anti join track_artists as b on b.artist_id = pairs.via and b.track_id = pairs.positive;
