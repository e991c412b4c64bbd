-- one row per track that is compared with none though it shares a block: each such block is too large.
-- Reads `keys` (block_keys.sql) and `compared` (the track_id of candidates) of a side, and `blocks` (blocks.sql).
select distinct track_id
from blocks
join keys using (kind, key)
anti join compared using (track_id)
