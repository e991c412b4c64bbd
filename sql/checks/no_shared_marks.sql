-- Pairs of one batch that share an artist, release, …: one row per batch and what they share.
-- Needs marks (track_id, kind, mark): what no two pairs of a batch may share. Variables: batch.

with places as (
    select epoch, row, row // getvariable('batch') as batch, unnest([anchor, positive]) as track_id
    from pairs
),

held as (
    select distinct epoch, batch, row, kind, mark
    from places
    join marks using (track_id)
)

select epoch, batch, kind, mark, count(*) as pairs
from held
group by all
having count(*) > 1;
