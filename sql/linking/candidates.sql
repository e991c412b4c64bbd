-- one row per pair of tracks to compare: they share a block that is not too large.
-- Reads `left_keys`, `right_keys` (block_keys.sql) and `blocks` (blocks.sql).
select distinct l.track_id as left_id, r.track_id as right_id
from blocks
join left_keys as l using (kind, key)
join right_keys as r using (kind, key)
where not too_large
