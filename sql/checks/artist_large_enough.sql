-- Artists that link pairs though fewer tracks than asked for are left of them: one row per artist.
-- Variables: min_group (without it there is no limit).

with used as (
    select distinct via as artist_id
    from pairs
)

select artist_id, count(distinct track_id) as tracks
from track_artists
semi join used using (artist_id)
anti join excluded using (track_id)
group by artist_id
having count(distinct track_id) < getvariable('min_group');
