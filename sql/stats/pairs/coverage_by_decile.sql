-- Which tracks get paired: one row per tenth of the source's tracks, from the least to the most popular tenth.
-- A track's popularity is the number of playlists it stands in; ties go by track_id.

with memberships as (
    select distinct playlist_id, track_id
    from playlist_tracks
),

popularity as (
    select track_id, count(*) as playlists
    from memberships
    group by track_id
),

deciles as (
    select
        track_id,
        coalesce(playlists, 0) as playlists,
        ntile(10) over (order by coalesce(playlists, 0), track_id) as decile
    from tracks
    left join popularity using (track_id)
),

standings as (
    select anchor as track_id, count(*) as times
    from pairs
    group by anchor
    union all
    select positive, count(*)
    from pairs
    group by positive
),

uses as (
    select track_id, sum(times) as times
    from standings
    group by track_id
)

select
    decile,
    count(*) as tracks,
    min(playlists) as least_playlists,
    max(playlists) as most_playlists,
    count(times) as paired_tracks,
    count(times) / count(*) as share_paired,
    coalesce(sum(times), 0) / count(*) as mean_appearances
from deciles
left join uses using (track_id)
group by decile
order by decile;
