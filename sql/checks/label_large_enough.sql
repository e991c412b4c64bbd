-- Labels that link pairs though fewer tracks than asked for are left of them: one row per label.
-- Variables: min_group (without it there is no limit).

with used as (
    select distinct via as label_id
    from pairs
)

select label_id, count(distinct track_id) as tracks
from track_labels
semi join used using (label_id)
anti join excluded using (track_id)
group by label_id
having count(distinct track_id) < getvariable('min_group');
