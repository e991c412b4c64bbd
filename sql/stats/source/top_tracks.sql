-- Tracks with most places in playlists, or on releases where there are no playlists: one row per title and artist.
-- Variables: rows (20). One of: playlist_tracks, track_releases.

with places as (
    select 'playlists' as places_in, track_id, count(*) as entries
    from playlist_tracks
    group by track_id
    union all
    select 'releases', track_id, count(*)
    from track_releases
    where not exists (select * from playlist_tracks)
    group by track_id
)

select sum(entries)::bigint as entries, title || ' by ' || artist as track, any_value(places_in) as places_in
from places
join tracks using (track_id)
where title is not null and artist is not null
group by track
order by entries desc, encode(track)
limit coalesce(getvariable('rows'), 20);
