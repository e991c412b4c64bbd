-- How popular anchors and positives are: one row per role; `source` is each track of the source once, to compare.
-- Popularity is the number of playlists a track stands in. p10 is the least popularity that a tenth of the role does
-- not exceed, and so on; gini is 0 where all are equally popular and near 1 where a few have everything.

with memberships as (
    select distinct playlist_id, track_id
    from playlist_tracks
),

popularity as (
    select track_id, count(*) as playlists
    from memberships
    group by track_id
),

uses as (
    select 'anchor' as role, anchor as track_id, count(*) as times
    from pairs
    group by anchor
    union all
    select 'positive', positive, count(*)
    from pairs
    group by positive
    union all
    select 'source', track_id, 1
    from tracks
),

counts as (
    select role, coalesce(playlists, 0) as playlists, sum(times) as times
    from uses
    left join popularity using (track_id)
    group by all
),

curves as (
    select
        role,
        playlists,
        times,
        sum(times) over (partition by role order by playlists) as up_to,
        sum(times) over (partition by role) as total
    from counts
)

select
    role,
    any_value(total)::bigint as appearances,
    sum(times * playlists) / any_value(total) as mean,
    min(playlists) as p0,
    min(playlists) filter (up_to * 10 >= total) as p10,
    min(playlists) filter (up_to * 10 >= total * 2) as p20,
    min(playlists) filter (up_to * 10 >= total * 3) as p30,
    min(playlists) filter (up_to * 10 >= total * 4) as p40,
    min(playlists) filter (up_to * 10 >= total * 5) as p50,
    min(playlists) filter (up_to * 10 >= total * 6) as p60,
    min(playlists) filter (up_to * 10 >= total * 7) as p70,
    min(playlists) filter (up_to * 10 >= total * 8) as p80,
    min(playlists) filter (up_to * 10 >= total * 9) as p90,
    max(playlists) as p100,
    coalesce(
        sum(playlists * times::hugeint * (2 * up_to - times - total))
            / nullif(any_value(total)::double * sum(playlists * times), 0),
        0
    ) as gini
from curves
group by role
order by role;
