-- Artists with most places in playlists: one row per artist name.
-- Variables: rows (20).

with places as (
    select track_id, count(*) as entries
    from playlist_tracks
    group by track_id
)

select sum(entries)::bigint as entries, artist
from places
join tracks using (track_id)
where artist is not null
group by artist
order by entries desc, encode(artist)
limit coalesce(getvariable('rows'), 20);
