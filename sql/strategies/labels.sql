-- The labels of `labels`: one row per track and label, with the label's number and how many tracks have it.
-- Needs clusters (track_id, cluster): a label of a track that is in one is prefixed with it, as 46_bebop.
-- Variables: tags (kinds of tags), text (whether n-grams of titles and of these tags are labels too), longest (words of
-- an n-gram), top (how many labels, before they are prefixed), excluded (track ids that must not appear).

with kept as (
    select track_id, title
    from tracks
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

chosen_tags as (
    select track_id, tag
    from track_tags
    semi join kept using (track_id)
    where list_contains(getvariable('tags'), kind)
),

texts as (
    select track_id, title as words from kept where getvariable('text')
    union all
    select track_id, tag from chosen_tags where getvariable('text')
),

tokens as (
    select track_id, regexp_extract_all(lower(nfc_normalize(words)), '[\p{L}\p{M}\p{N}]+') as words
    from texts
),

n_grams as (
    select track_id, array_to_string(words[i:i + n - 1], ' ') as label
    from tokens, range(1, len(words) + 1) as starts (i), range(1, getvariable('longest') + 1) as lengths (n)
    where i + n - 1 <= len(words)
),

standing as (
    select track_id, label from n_grams
    union
    select track_id, tag from chosen_tags
),

counted as (
    select label, count(*) as tracks
    from standing
    group by label
),

vocabulary as (
    select label
    from counted
    qualify row_number() over (order by tracks desc, encode(label)) <= getvariable('top')
),

told_apart as (
    select track_id, coalesce(cluster || '_', '') || label as label
    from standing
    semi join vocabulary using (label)
    left join clusters using (track_id)
),

numbered as (
    select label, count(*) as tracks, (row_number() over (order by encode(label)) - 1)::integer as label_id
    from told_apart
    group by label
)

select track_id, label_id, label, tracks
from told_apart
join numbered using (label)
order by track_id, label_id;
