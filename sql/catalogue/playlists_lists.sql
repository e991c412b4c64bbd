-- The playlists of a source as they were met: one row per part and playlist key.
-- Reads rows, facts. `numbered`: all its rows have a position, and no two the same. `base`: 1 where positions of the
-- part count from 1.

with bases as (
    select part, coalesce(min(position) = 1, false)::integer as base
    from rows
    group by part
),

met as (
    select
        part,
        playlist,
        count(*) as entries,
        count(position) = count(*) and count(distinct position) = count(*) as numbered,
        arg_min(playlist_title, row) as first_title,
        arg_min(playlist_title, position) as foremost_title
    from rows
    group by part, playlist
)

select
    row_number() over (order by playlist, part) as list,
    part,
    playlist,
    coalesce(entries, 0) as entries,
    coalesce(numbered, false) as numbered,
    coalesce(base, 0) as base,
    coalesce(facts.title, case when numbered then foremost_title else first_title end) as name,
    num_followers,
    modified_at,
    tags
from met
full join facts using (part, playlist)
left join bases using (part)
