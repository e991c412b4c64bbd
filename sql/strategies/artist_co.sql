-- The artists whose tracks `artist-co` pairs: one row per artist and track.
-- Variables: excluded (track ids that must not appear).

select artist_id as group_id, track_id
from track_artists
where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
order by group_id, track_id;
