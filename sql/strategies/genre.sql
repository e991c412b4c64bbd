-- The genres of `genre`: one row per track and genre, at most `longest` a track, the commonest first.
-- Variables: tags (kinds of tags), longest, excluded (track ids that must not appear).

with chosen as (
    select distinct track_id, tag
    from track_tags
    where
        list_contains(getvariable('tags'), kind)
        and track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

counted as (
    select tag, count(*) as tracks
    from chosen
    group by tag
),

ranked as (
    select
        track_id, tag, tracks,
        row_number() over (partition by track_id order by tracks desc, encode(tag)) as place
    from chosen
    join counted using (tag)
),

taken as (
    select track_id, tag, place
    from ranked
    where place <= getvariable('longest')
),

numbered as (
    select tag, count(*) as tracks, (row_number() over (order by encode(tag)) - 1)::integer as label_id
    from taken
    group by tag
)

select track_id, label_id, tag as label, tracks
from taken
join numbered using (tag)
order by track_id, place;
