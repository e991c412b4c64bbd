-- How often a batch holds a false negative: one row with the numbers of anchors and batches, and of those hit.
-- Needs anchor_groups and positive_groups (track_id, group_id): a track n stands in the relation that makes positives
-- with an anchor a if a group of a in anchor_groups is a group of n in positive_groups. `pairmine stats` takes, by what
-- links the pairs, the playlists, artists, … of a track on both sides, or a's top-k partners against n itself.
-- Needs placed (epoch, place, anchor, positive), too: an epoch's pairs as they stand where batches were composed, else
-- in a seeded order of their own. They are cut into batches of batch_size; a last one that is not full is left out, unless
-- it was composed so or is the only one. The negatives of an anchor are the positives of the other pairs of its batch.
-- One is false if it stands in the relation with the anchor, or is the anchor. A batch is hit if one of its anchors is.
-- Variables: batch_size (384), composed (false), last_epoch (0).

with standing as (
    select epoch, anchor, positive, place, count(*) over (partition by epoch) as pairs
    from placed
    where epoch <= coalesce(getvariable('last_epoch'), 0)
),

-- materialized, here and below: to join all groups of tracks before the batches would make billions of rows
batches as materialized (
    select epoch, place // coalesce(getvariable('batch_size'), 384) as batch, place, anchor, positive
    from standing
    where getvariable('composed')
        or place // coalesce(getvariable('batch_size'), 384)
            < greatest(pairs // coalesce(getvariable('batch_size'), 384), 1)
),

anchors as materialized (
    select epoch, batch, place, group_id
    from batches
    join anchor_groups on track_id = anchor
),

negatives as materialized (
    select epoch, batch, place, group_id
    from batches
    join positive_groups on track_id = positive
),

hits as (
    select anchors.epoch, anchors.batch, anchors.place
    from anchors
    join negatives using (epoch, batch, group_id)
    where anchors.place <> negatives.place
    union
    select a.epoch, a.batch, a.place
    from batches as a
    join batches as n on n.epoch = a.epoch and n.batch = a.batch and n.positive = a.anchor
    where a.place <> n.place
)

select
    (select count(distinct epoch) from batches) as epochs,
    (select count(*) from batches) as anchors,
    (select count(distinct (epoch, batch)) from batches) as batches,
    (select count(*) from hits) as anchors_hit,
    (select count(distinct (epoch, batch)) from hits) as batches_hit;
