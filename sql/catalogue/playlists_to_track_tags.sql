-- The table track_tags: one row per tag of a track.
-- Reads mentions, entries, kept, lists. A track has the tags of the playlists it stands in, as kind `tag`.

with own as (
    select track_id, unnest(tags, recursive := true)
    from mentions
),

of_playlists as (
    select track_id, 'tag' as kind, unnest(tags) as tag
    from entries
    join kept using (playlist_id)
    join lists using (list)
    where tags is not null
)

select distinct track_id, kind, tag
from (select track_id, kind, tag from own union all select track_id, kind, tag from of_playlists)
order by track_id, kind, tag
