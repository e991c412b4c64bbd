-- How uneven playlists are: one row per tenth of the tracks, from the least to the most popular tenth.
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
        coalesce(playlists, 0) as playlists,
        ntile(10) over (order by coalesce(playlists, 0), track_id) as decile
    from tracks
    left join popularity using (track_id)
)

select
    decile,
    count(*) as tracks,
    min(playlists) as least_playlists,
    max(playlists) as most_playlists,
    sum(playlists)::bigint as memberships,
    sum(playlists) / nullif(sum(sum(playlists)) over (), 0) as share_of_memberships
from deciles
group by decile
order by decile;
