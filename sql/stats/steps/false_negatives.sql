-- How often a batch holds a false negative: one row with the numbers of anchors and batches, and of those hit.
-- Needs anchor_groups and positive_groups (track_id, group_id): a track n stands in the relation that makes positives
-- with an anchor a if a group of a in anchor_groups is a group of n in positive_groups. `pairmine stats` takes, by what
-- links the pairs, the playlists, artists, … of a track on both sides, or a's top-k partners against n itself.
-- An epoch's pairs, in a seeded order of their own, are cut into batches of batch_size; the last is left out unless it
-- is full or the only one. The negatives of an anchor are the positives of the other pairs of its batch. One is false
-- if it stands in the relation with the anchor, or is the anchor. A batch is hit if one of its anchors is.
-- Variables: batch_size (384), last_epoch (0).

with shuffled as (
    select
        epoch,
        anchor,
        positive,
        row_number() over (partition by epoch order by mix_pair(epoch, anchor, positive), anchor, positive, via) - 1
            as place,
        count(*) over (partition by epoch) as pairs
    from pairs
    where epoch <= coalesce(getvariable('last_epoch'), 0)
),

-- materialized, here and below: to join all groups of tracks before the batches would make billions of rows
batches as materialized (
    select epoch, place // coalesce(getvariable('batch_size'), 384) as batch, place, anchor, positive
    from shuffled
    where place // coalesce(getvariable('batch_size'), 384)
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
