-- Epochs in which two tracks are a pair: one row per pair.
-- Variables: track, partner (track ids).

select epoch, anchor, positive, via, score
from pairs
where (anchor = getvariable('track') and positive = getvariable('partner'))
    or (anchor = getvariable('partner') and positive = getvariable('track'))
order by epoch, anchor, via;
