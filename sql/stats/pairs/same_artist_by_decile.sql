-- Whether popular anchors meet their own artist more: one row per tenth of an epoch's pairs by the anchor's popularity.
-- Variables: epoch (0). A track's popularity is the number of playlists it stands in; ties go by track_id.

with drawn as (
    select anchor, positive, via
    from pairs
    where epoch = coalesce(getvariable('epoch'), 0)
),

popularity as (
    select track_id, count(distinct playlist_id) as playlists
    from playlist_tracks
    semi join drawn on anchor = track_id
    group by track_id
),

deciles as (
    select
        *,
        coalesce(playlists, 0) as anchor_playlists,
        ntile(10) over (order by coalesce(playlists, 0), anchor, positive, via) as decile
    from drawn
    left join popularity on track_id = anchor
),

same as (
    select distinct anchor, positive
    from drawn
    join track_artists as a on a.track_id = anchor
    semi join track_artists as b on b.track_id = positive and b.artist_id = a.artist_id
)

select
    decile,
    count(*) as pairs,
    min(anchor_playlists) as least_playlists,
    max(anchor_playlists) as most_playlists,
    count(same.anchor) as same_artist,
    count(same.anchor) / count(*) as share
from deciles
left join same using (anchor, positive)
group by decile
order by decile;
