-- one row per track and part of a block of equal names that is too large: of one album (kind 9), or of one duration to
-- 2 s (kind 10: each track stands in its own 2 s and the next, so that no two within 2 s are parted).
-- Reads `side`, its `keys` (block_keys.sql) and `blocks` (blocks.sql).
with
crowded as (
    select track_id, key, album, duration_ms // 2000 as step
    from blocks
    join keys using (kind, key)
    join side using (track_id)
    where kind = 0 and too_large
)
select track_id, 9 as kind, hash(9, key, album) as key
from crowded
where album is not null
union all
select track_id, 10, hash(10, key, unnest([step, step + 1]))
from crowded
where step is not null
