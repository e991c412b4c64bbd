-- Albums that two tracks are on: one row per album.
-- Variables: track, partner (track ids).

select key, title
from releases
where release_id in (select release_id from track_releases where track_id = getvariable('track'))
    and release_id in (select release_id from track_releases where track_id = getvariable('partner'))
order by release_id;
