-- Tracks with most places in playlists: one row per title and artist.
-- Variables: rows (20).

with places as (
    select track_id, count(*) as entries
    from playlist_tracks
    group by track_id
)

select sum(entries)::bigint as entries, title || ' by ' || artist as track
from places
join tracks using (track_id)
where title is not null and artist is not null
group by track
order by entries desc, encode(track)
limit coalesce(getvariable('rows'), 20);
