-- Links of two sources: scores reach getvariable('threshold') and stay in their range. One row per link that does not.
select left_key, right_key, score
from links
where not (score between getvariable('threshold')::float and 1)
