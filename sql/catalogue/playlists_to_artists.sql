-- The table artists: one row per artist.
-- Reads mentions. Of several names of one key the smallest is taken.

with named as (
    select unnest(artists, recursive := true)
    from mentions
)

select (row_number() over (order by key) - 1)::integer as artist_id, key, min(name) as name
from named
group by key
order by key
