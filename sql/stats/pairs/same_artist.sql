-- Pairs whose two tracks have an artist in common: one row per epoch.

with artists_of as (
    select track_id, artist_id, count(*) over (partition by track_id) > 1 as several
    from track_artists
),

matches as (
    select epoch, anchor, positive, several
    from pairs
    join artists_of as a on a.track_id = pairs.anchor
    semi join track_artists as b on b.track_id = pairs.positive and b.artist_id = a.artist_id
),

by_one as (
    select epoch, count(*) as matched
    from matches
    where not several
    group by epoch
),

-- an anchor of several artists may match by more than one of them, and counts once all the same
matched_pairs as (
    select distinct epoch, anchor, positive
    from matches
    where several
),

by_several as (
    select epoch, count(*) as matched
    from pairs
    semi join matched_pairs using (epoch, anchor, positive)
    group by epoch
),

counts as (
    select epoch, sum(matched)::bigint as same_artist
    from (from by_one union all from by_several)
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
