-- one row per block with tracks of both sources.
-- Reads `left_keys` and `right_keys` (block_keys.sql, part_keys.sql). Variables: max_pairs (400; a block of more pairs is
-- too large to compare, one of equal names only beyond 25 times that).
with
lefts as (select kind, key, count(*) as tracks from left_keys group by all),
rights as (select kind, key, count(*) as tracks from right_keys group by all)
select
    kind, key,
    lefts.tracks * rights.tracks as pairs,
    pairs > coalesce(getvariable('max_pairs'), 400) * case when kind in (0, 9, 10) then 25 else 1 end as too_large
from lefts
join rights using (kind, key)
