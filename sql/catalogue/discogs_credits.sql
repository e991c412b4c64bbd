-- What became of the labels and artists that releases and tracks name: one row per unit and verdict.
-- Reads dump_release_labels, dump_release_artists, dump_track_artists.

with labels as (
    select
        case
            when label = 1818 or (coalesce(label, 0) <= 0 and name = 'Not On Label') then 'Not On Label'
            when coalesce(label, 0) <= 0 and coalesce(name, '') = '' then 'without id or name'
            else 'taken'
        end as verdict
    from dump_release_labels
),

artists as (
    select artist from dump_release_artists
    union all
    select artist from dump_track_artists
),

credits as (
    select
        case
            when artist = 194 then 'Various'
            when artist = 355 then 'Unknown Artist'
            when artist = 118760 then 'No Artist'
            when coalesce(artist, 0) <= 0 then 'without id'
            else 'taken'
        end as verdict
    from artists
)

select 'release labels' as unit, verdict, count(*) as count
from labels
group by verdict
union all
select 'artist credits', verdict, count(*)
from credits
group by verdict
