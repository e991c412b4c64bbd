-- Record labels of most tracks: one row per label.
-- Variables: rows (20).

with sizes as (
    select label_id, count(*) as tracks
    from track_labels
    group by label_id
    order by tracks desc, label_id
    limit coalesce(getvariable('rows'), 20)
)

select tracks, key, name
from sizes
join labels using (label_id)
order by tracks desc, label_id;
