-- one row per block with tracks of both sources.
-- Reads `left_keys` and `right_keys` (block_keys.sql); a block of more than getvariable('max_pairs') pairs is too large
-- to compare, one of equal names (kind 0) only beyond 25 times that.
with
lefts as (select kind, key, count(*) as tracks from left_keys group by all),
rights as (select kind, key, count(*) as tracks from right_keys group by all)
select
    kind, key,
    lefts.tracks * rights.tracks as pairs,
    pairs > getvariable('max_pairs') * case when kind = 0 then 25 else 1 end as too_large
from lefts
join rights using (kind, key)
