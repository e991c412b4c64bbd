-- Ids of triplets that tracks.parquet does not name, and named tracks that no triplet uses: one row per track.

with used as (
    select anchor as track_id from pairs
    union
    select positive as track_id from pairs
    union
    select negative as track_id from pairs
)

select coalesce(used.track_id, pair_tracks.track_id) as track_id
from used
full join pair_tracks using (track_id)
where used.track_id is null or pair_tracks.track_id is null;
