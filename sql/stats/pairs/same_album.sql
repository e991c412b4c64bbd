-- Pairs whose two tracks are on one album: one row per epoch.

with releases_of as (
    select track_id, release_id, count(*) over (partition by track_id) > 1 as several
    from track_releases
),

matches as (
    select epoch, anchor, positive, several
    from pairs
    join releases_of as a on a.track_id = pairs.anchor
    semi join track_releases as b on b.track_id = pairs.positive and b.release_id = a.release_id
),

by_one as (
    select epoch, count(*) as matched
    from matches
    where not several
    group by epoch
),

-- an anchor of several albums may match by more than one of them, and counts once all the same
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
    select epoch, sum(matched)::bigint as same_album
    from (from by_one union all from by_several)
    group by epoch
),

drawn as (
    select epoch, count(*) as pairs
    from pairs
    group by epoch
)

select epoch, pairs, coalesce(same_album, 0) as same_album, coalesce(same_album, 0) / pairs as share
from drawn
left join counts using (epoch)
order by epoch;
