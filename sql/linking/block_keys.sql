-- one row per track and block it stands in; two tracks can be linked only if they share a block.
-- Reads `side`: the normalised tracks of one source. Each kind of block stands for what may differ:
-- 0 nothing; 1, 2 the title, by its end or start; 3, 4 the artist, by its end or start; 5 to 8 both, by either.
-- marks (kinds of version, numbers) are in every block, for they must agree. hash() may change with DuckDB's release:
-- no key outlives a run, and two blocks that had one in common would be compared as one.
with
named as (
    select
        track_id, core, marks, artist,
        list_distinct(list_concat([artist], credits, guests, aliases)) as names
    from side
),
by_name as (
    select track_id, core, marks, unnest(names) as name
    from named
),
keys as (
    select track_id, 0 as kind, hash(0, name, core, marks) as key from by_name
    union all
    select track_id, 1, hash(1, name, core[:4], marks) from by_name
    union all
    select track_id, 2, hash(2, name, core[-4:], marks) from by_name
    union all
    select track_id, 3, hash(3, artist[:3], core, marks) from named
    union all
    select track_id, 4, hash(4, artist[-3:], core, marks) from named
    union all
    select track_id, 5, hash(5, artist[:4], core[:5], marks) from named
    union all
    select track_id, 6, hash(6, artist[:4], core[-5:], marks) from named
    union all
    select track_id, 7, hash(7, artist[-4:], core[:5], marks) from named
    union all
    select track_id, 8, hash(8, artist[-4:], core[-5:], marks) from named
)
select track_id, kind, key
from keys
