-- Pairs whose two tracks have an artist in common: one row per epoch.

with artists_of as (
    select track_id, artist_id, count(*) over (partition by track_id) > 1 as several
    from track_artists
),

matches as (
    select epoch, anchor, positive, via, several
    from pairs
    join artists_of as a on a.track_id = pairs.anchor
    semi join track_artists as b on b.track_id = pairs.positive and b.artist_id = a.artist_id
),

-- an anchor of several artists may match by more than one of them, and counts once all the same
counts as (
    select
        epoch,
        count(*) filter (not several)
            + count(distinct {'a': anchor, 'p': positive, 'via': via}) filter (several) as same_artist
    from matches
    group by epoch
),

drawn as (
    select epoch, count(*) as pairs
    from pairs
    group by epoch
)

select epoch, pairs, coalesce(same_artist, 0) as same_artist, coalesce(same_artist, 0) / pairs as share
from drawn
left join counts using (epoch)
order by epoch;
