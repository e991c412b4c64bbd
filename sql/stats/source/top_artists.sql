-- Artists with most places in playlists, or on releases where there are no playlists: one row per artist name.
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

select sum(entries)::bigint as entries, artist, any_value(places_in) as places_in
from places
join tracks using (track_id)
where artist is not null
group by artist
order by entries desc, encode(artist)
limit coalesce(getvariable('rows'), 20);
