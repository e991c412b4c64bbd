-- How many releases, artists or labels are attached to the tracks of a pair set, whether they link a pair or not: one
-- row. What discogs-2022, Table 1, counts as diversity. Needs attached_groups (track_id, group_id).

select count(distinct group_id) as attached
from attached_groups
semi join pair_tracks using (track_id);
