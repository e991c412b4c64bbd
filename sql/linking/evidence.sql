-- one row per candidate: what two tracks have in common, but for how alike unequal names are.
-- Reads `candidates` (candidates.sql), `left_side` and `right_side` (normalised tracks).
with
compared as (
    select
        left_id, right_id,
        l.core as left_core, r.core as right_core,
        l.detail as left_detail, r.detail as right_detail,
        l.artist as left_artist, r.artist as right_artist,
        list_distinct(list_concat(l.credits, l.guests)) as left_names,
        list_distinct(list_concat(r.credits, r.guests)) as right_names,
        list_concat([l.artist], l.credits, l.aliases) as left_mains,
        list_concat([r.artist], r.credits, r.aliases) as right_mains,
        len(list_intersect(left_names, right_names)) as shared,
        least(len(left_names), len(right_names)) as fewer,
        greatest(len(left_names), len(right_names)) as more,
        list_has_any(left_mains, right_mains)
            or list_has_any(left_mains, r.guests) or list_has_any(right_mains, l.guests) as met,
        list_sort(l.guests) = list_sort(r.guests) as same_guests,
        abs(l.duration_ms - r.duration_ms) as gap_ms,
        coalesce(l.album = r.album, false) as same_album,
        l.common as common
    from candidates
    join left_side as l on l.track_id = left_id
    join right_side as r on r.track_id = right_id
)
select
    left_id, right_id, left_core, right_core, left_detail, right_detail, left_artist, right_artist,
    case
        when not met then 0
        when shared = more or (left_artist = right_artist and same_guests) then 4
        when shared = fewer and more <= fewer + 2 then 3
        when more <= 3 or 2 * shared >= more then 2
        else 1
    end::tinyint as names_agree,
    least(coalesce(gap_ms, -1), 2147483647)::integer as gap_ms,
    same_album, common
from compared
