-- Triplets whose negative is not ranked within the band among the anchor's partners (the positive left out): one row per
-- violating triplet. A rank is right if it can be by some order of equals.
-- Variables: first_rank, last_rank.

with anchors as (
    select distinct anchor from pairs
),

counts as (
    select a.track_id as anchor, b.track_id as partner, count(distinct a.playlist_id) as playlists
    from playlist_tracks as a
    semi join anchors on anchors.anchor = a.track_id
    join playlist_tracks as b on b.playlist_id = a.playlist_id and b.track_id <> a.track_id
    anti join excluded on excluded.track_id = b.track_id
    group by a.track_id, b.track_id
),

judged as (
    select
        epoch, pairs.anchor, pairs.positive, pairs.negative,
        count(*) filter (others.playlists > chosen.playlists) as above,
        count(*) filter (others.playlists = chosen.playlists) as equal
    from pairs
    left join counts as chosen on chosen.anchor = pairs.anchor and chosen.partner = pairs.negative
    left join counts as others on others.anchor = pairs.anchor and others.partner <> pairs.positive
    group by all
)

select epoch, anchor, positive, negative
from judged
where equal = 0 or above >= getvariable('last_rank') or above + equal < getvariable('first_rank');
