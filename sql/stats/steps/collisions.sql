-- How often a pair shares an artist, release, … with another pair of its batch: one row per arrangement, as the rows
-- stand and in a seeded order. Needs marks (track_id, kind, mark). Variables: batch, last_epoch (0).

with standing as (
    select
        epoch, anchor, positive, row,
        row_number() over (partition by epoch order by mix_pair(epoch, anchor, positive), anchor, positive) - 1 as place
    from pairs
    where epoch <= coalesce(getvariable('last_epoch'), 0)
),

arranged as (
    select 'composed' as arrangement, epoch, row as place, anchor, positive from standing
    union all
    select 'shuffled', epoch, place, anchor, positive from standing
),

places as (
    select arrangement, epoch, place, place // getvariable('batch') as batch, unnest([anchor, positive]) as track_id
    from arranged
),

held as materialized (
    select distinct arrangement, epoch, batch, place, kind, mark
    from places
    join marks using (track_id)
),

shared as (
    select arrangement, epoch, batch, kind, mark
    from held
    group by all
    having count(*) > 1
),

hit as (
    select distinct arrangement, epoch, batch, place
    from held
    semi join shared using (arrangement, epoch, batch, kind, mark)
),

hits as (
    select arrangement, count(*) as pairs, count(distinct (epoch, batch)) as batches
    from hit
    group by arrangement
),

sizes as (
    select
        arrangement,
        count(*) as pairs,
        count(distinct (epoch, place // getvariable('batch'))) as batches
    from arranged
    group by arrangement
)

select
    sizes.arrangement,
    sizes.pairs,
    coalesce(hits.pairs, 0) as pairs_hit,
    sizes.batches,
    coalesce(hits.batches, 0) as batches_hit
from sizes
left join hits using (arrangement)
order by sizes.arrangement;
