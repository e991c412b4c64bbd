-- The playlists that are kept: one row per playlist key and content.
-- Reads lists, digests. A key that has several contents gets 8 hex digits of the digest behind it, or all of them
-- where that is a key already.

with distinct_contents as (
    select playlist, digest, min(list) as list
    from lists
    left join digests using (list)
    group by playlist, digest
),

counted as (
    select *, count(*) over (partition by playlist) as contents
    from distinct_contents
),

named as (
    select *, case when contents > 1 then playlist || '#' || left(digest, 8) else playlist end as short
    from counted
),

keyed as (
    select
        list,
        contents,
        playlist,
        case
            when contents > 1 and count(*) over (partition by short) > 1 then playlist || '#' || digest else short
        end as key
    from named
)

select (row_number() over (order by key) - 1)::integer as playlist_id, key, list, playlist, contents
from keyed
