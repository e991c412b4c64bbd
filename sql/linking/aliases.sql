-- one row per track with other names of its artists: variations printed on releases (ANV).
-- Reads a source's `track_artists`, `artists`, `dump_release_artists`, `dump_track_artists`. A name that many artists
-- go by, or the hundredth variation of one name, would only make large blocks: the 8 most printed of an artist are kept.
with
printed as (
    select artist, anv from dump_release_artists where anv <> ''
    union all
    select artist, anv from dump_track_artists where anv <> ''
),
counted as (
    select artist, anv, count(*) as times
    from printed
    group by artist, anv
),
kept as (
    select artist, anv
    from counted
    qualify row_number() over (partition by artist order by times desc, anv) <= 8
)
select track_id, list_sort(list_distinct(list(anv))) as aliases
from track_artists
join artists using (artist_id)
join kept on kept.artist::varchar = artists.key
group by track_id
