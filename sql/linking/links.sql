-- one row per link, with the keys of its two tracks and the reason in words.
-- Reads `chosen` (the pairs that stay one-to-one) and `left_tracks`, `right_tracks` (tables `tracks` of the sources).
with
told as (
    select
        *,
        case when title = 1 then 'title' end as equal_title,
        case when artist = 1 then 'artist' end as equal_artist,
        case when same_album then 'album' end as equal_album,
        concat_ws(', ', equal_title, equal_artist, equal_album) as equals,
        case when title < 1 then printf('title %.2f', title::double) end as other_title,
        case when artist < 1 then printf('artist %.2f', artist::double) end as other_artist,
        case when gap_ms >= 0 then printf('%d s apart', round(gap_ms / 1000)::integer) end as apart
    from chosen
)
select
    left_id, right_id, left_tracks.key as left_key, right_tracks.key as right_key, score,
    concat_ws('; ', case when equals <> '' then equals || ' equal' end, other_title, other_artist, apart) as reason,
    told.title, told.artist, nullif(gap_ms, -1) as gap_ms, same_album, rivals
from told
join left_tracks on left_tracks.track_id = left_id
join right_tracks on right_tracks.track_id = right_id
