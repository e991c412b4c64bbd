-- The labels that share most artists with a label: one row per label and rank. An artist is on the labels of its tracks.
-- Ties go to the partner with fewer artists, then by the seeded mix.
-- Variables: top_k (10), min_count (1, artists that two labels must share), stream (0, the seeded order of ties),
-- excluded (track ids that must not appear), min_group (1; labels of fewer tracks are no partners).

with kept as (
    select distinct label_id, track_id
    from track_labels
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

large_enough as (
    select label_id
    from kept
    group by label_id
    having count(*) >= coalesce(getvariable('min_group'), 1)
),

artists_of as (
    select distinct label_id, artist_id
    from kept
    semi join large_enough using (label_id)
    join track_artists using (track_id)
),

sizes as (
    select label_id, count(*) as artists
    from artists_of
    group by label_id
),

counts as (
    select a.label_id, b.label_id as partner_id, count(*) as shared
    from artists_of as a
    join artists_of as b on a.artist_id = b.artist_id and a.label_id <> b.label_id
    group by a.label_id, b.label_id
    having count(*) >= coalesce(getvariable('min_count'), 1)
),

ranks as (
    select
        counts.label_id,
        partner_id,
        shared,
        row_number() over (
            partition by counts.label_id
            order by shared desc, sizes.artists, mix(coalesce(getvariable('stream'), 0), partner_id)
        ) as rank
    from counts
    join sizes on sizes.label_id = counts.partner_id
)

select label_id, rank, partner_id, shared::float as score
from ranks
where rank <= coalesce(getvariable('top_k'), 10)
order by label_id, rank;
