-- Some pairs to look at or listen to: one row per pair of an epoch, in a seeded order.
-- Variables: rows (20), epoch (0), stream (0; another number draws others).

with drawn as (
    select anchor, positive, via, score
    from pairs
    where epoch = coalesce(getvariable('epoch'), 0)
    order by mix_pair(coalesce(getvariable('stream'), 0), anchor, positive), anchor, positive, via
    limit coalesce(getvariable('rows'), 20)
)

select score, x.title as anchor, x.artist as anchor_artist, y.title as positive, y.artist as positive_artist, via
from drawn
join pair_tracks as x on x.track_id = drawn.anchor
join pair_tracks as y on y.track_id = drawn.positive
order by mix_pair(coalesce(getvariable('stream'), 0), drawn.anchor, drawn.positive), drawn.anchor, drawn.positive, via;
