-- Record labels that two tracks have in common: one row per label.
-- Variables: track, partner (track ids).

select key, name
from labels
where label_id in (select label_id from track_labels where track_id = getvariable('track'))
    and label_id in (select label_id from track_labels where track_id = getvariable('partner'))
order by label_id;
