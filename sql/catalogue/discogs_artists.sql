-- The artists of a Discogs dump: one row per artist that has an entry or is credited on a release or track.
-- Reads dump_artists, dump_release_artists, dump_track_artists. Various (194), Unknown Artist (355) and
-- No Artist (118760) are none, and neither are names without a page (id 0).

with occurrences as (
    select artist, name, -1 as release, -1 as entry, -1 as place from dump_artists
    union all
    select artist, name, release, -1 as entry, place from dump_release_artists
    union all
    select artist, name, release, track as entry, place from dump_track_artists
),

artists as (
    select
        artist,
        arg_min(name, (release, entry, place)) as name,
        coalesce(min(name) <> max(name), false) as disagrees
    from occurrences
    where artist > 0 and artist not in (194, 355, 118760)
    group by artist
)

select artist as id, artist::varchar as key, name, disagrees
from artists
order by key
