-- Links of two sources: every track is linked once at most. One row per track that is linked more often.
select 'left' as side, left_id as track_id, count(*) as links
from links
group by left_id
having count(*) > 1
union all
select 'right', right_id, count(*)
from links
group by right_id
having count(*) > 1
