-- Releases, artists, … that link more pairs of an epoch than allowed: one row per epoch and via.
-- Variables: max_pairs_per_group (without it there is no limit).

select epoch, via, count(*) as pairs
from pairs
group by epoch, via
having count(*) > getvariable('max_pairs_per_group');
