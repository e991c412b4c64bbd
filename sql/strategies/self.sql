-- The tracks that `self` pairs with themselves: one row per track.
-- Variables: excluded (track ids that must not appear).

select track_id
from tracks
where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
order by track_id;
