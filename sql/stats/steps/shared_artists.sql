-- Artists that two tracks have in common: one row per artist.
-- Variables: track, partner (track ids).

select key, name
from artists
where artist_id in (select artist_id from track_artists where track_id = getvariable('track'))
    and artist_id in (select artist_id from track_artists where track_id = getvariable('partner'))
order by artist_id;
