-- Place of one track among the partners of another, in the order of sql/strategies/tco.sql: one row, none if the two
-- are no partners. Only playlists of the two tracks and of those tied with the partner are looked at.
-- Variables: track, partner (track ids), and those of tco.sql: score, ties, min_count, stream, excluded,
-- max_playlist_length.

with parameters as (
    select
        coalesce(getvariable('score'), 'count') as score,
        coalesce(getvariable('ties'), 'rarer') as ties,
        coalesce(getvariable('min_count'), 1) as min_count,
        coalesce(getvariable('stream'), 0) as stream
),

-- not materialized, or all of it would stand in memory
places as not materialized (
    select playlist_id, track_id
    from playlist_tracks
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

too_long as (
    select playlist_id
    from places
    where getvariable('max_playlist_length') is not null
    group by playlist_id
    having count(distinct track_id) > getvariable('max_playlist_length')
),

own as (
    select distinct playlist_id
    from places
    anti join too_long using (playlist_id)
    where track_id = getvariable('track')
),

counts as (
    select track_id as neighbour_id, count(distinct playlist_id) as shared
    from places
    semi join own using (playlist_id)
    where track_id <> getvariable('track')
    group by track_id
    having count(distinct playlist_id) >= (select min_count from parameters)
),

target as (
    select shared
    from counts
    where neighbour_id = getvariable('partner')
),

-- by the count itself, only ties need to be told apart; any other score needs the size of every partner
contenders as (
    select neighbour_id, counts.shared
    from counts
    cross join target
    cross join parameters
    where parameters.score <> 'count' or counts.shared = target.shared
),

-- coalesce keeps the planner from building its hash table on all places
memberships as (
    select distinct playlist_id, track_id
    from places
    anti join too_long using (playlist_id)
    where coalesce(track_id in (select neighbour_id from contenders), false)
),

sizes as (
    select track_id, count(*) as playlists
    from memberships
    group by track_id
),

total as (
    select count(distinct playlist_id) as playlists
    from places
    anti join too_long using (playlist_id)
    where coalesce(getvariable('score'), 'count') in ('lift', 'npmi')
),

own_size as (
    select count(*) as playlists
    from own
),

scores as (
    select
        neighbour_id,
        shared,
        (case parameters.score
            when 'count' then shared
            when 'cosine' then shared / sqrt(own_size.playlists::double * sizes.playlists)
            when 'jaccard' then shared / (own_size.playlists::double + sizes.playlists - shared)
            when 'lift' then shared * total.playlists::double / (own_size.playlists::double * sizes.playlists)
            when 'npmi' then
                case
                    when shared = total.playlists then 1
                    else ln(shared * total.playlists::double / (own_size.playlists::double * sizes.playlists))
                        / -ln(shared / total.playlists::double)
                end
        end)::float as score,
        case parameters.ties when 'rarer' then sizes.playlists else 0 end as size,
        mix(parameters.stream, neighbour_id) as tie
    from contenders
    join sizes on track_id = neighbour_id
    cross join own_size
    cross join total
    cross join parameters
),

chosen as (
    select *
    from scores
    where neighbour_id = getvariable('partner')
),

ahead as (
    select count(*) as tracks
    from scores
    cross join chosen
    where (-scores.score, scores.size, scores.tie) < (-chosen.score, chosen.size, chosen.tie)
),

stronger as (
    select count(*) as tracks
    from counts
    cross join target
    cross join parameters
    where parameters.score = 'count' and counts.shared > target.shared
)

select
    chosen.shared,
    chosen.score,
    1 + ahead.tracks + stronger.tracks as rank,
    (select count(*) from counts) as partners
from chosen
cross join ahead
cross join stronger;
