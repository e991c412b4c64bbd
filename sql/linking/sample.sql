-- one row per link of a sample: getvariable('rows') of every band of scores, by a hash of the keys.
with
banded as (
    select *, case when score = 1 then 1.0 else floor(round(score::double, 6) * 20) / 20 end as band
    from links
),
drawn as (
    select *
    from banded
    qualify row_number() over (partition by band order by md5(left_key || ' ' || right_key), left_id)
        <= coalesce(getvariable('rows'), 4)
)
select
    round(score::double, 3) as score, drawn.reason,
    l.artist || ' / ' || l.title as left_track, r.artist || ' / ' || r.title as right_track
from drawn
join left_tracks as l on l.track_id = left_id
join right_tracks as r on r.track_id = right_id
order by drawn.score desc, md5(left_key || ' ' || right_key), left_id
