-- The table track_artists: one row per track and artist.
-- Reads mentions.

with named as (
    select track_id, unnest(list_transform(artists, lambda a: a.key)) as key
    from mentions
),

numbered as (
    select (row_number() over (order by key) - 1)::integer as artist_id, key
    from named
    group by key
)

select distinct track_id, artist_id
from named
join numbered using (key)
order by track_id, artist_id
