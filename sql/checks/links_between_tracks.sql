-- Links of two sources: ids and keys are those of the sources' tracks. One row per link of which they are not.
select left_id, left_key, right_id, right_key
from links
left join left_tracks as l on l.track_id = left_id and l.key = left_key
left join right_tracks as r on r.track_id = right_id and r.key = right_key
where l.track_id is null or r.track_id is null
