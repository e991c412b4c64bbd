-- Tracks of one split: one row per track.
-- Variables: split (train, valid or test).

select track_id
from splits
where split = getvariable('split');
