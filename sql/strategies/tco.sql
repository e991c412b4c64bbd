-- The best partners of every track by the playlists they share: one row per track and rank.
-- Variables: top_k (10), score (count, npmi, cosine, jaccard or lift), ties (rarer or hash), min_count (1),
-- stream (0, the seeded order of ties), excluded (track ids that must not appear), max_playlist_length.
-- A self-join of all playlists: for sizes that can bear one. The native engine gives the same rows at any size.

with parameters as (
    select
        coalesce(getvariable('score'), 'count') as score,
        coalesce(getvariable('ties'), 'rarer') as ties,
        coalesce(getvariable('min_count'), 1) as min_count,
        coalesce(getvariable('stream'), 0) as stream
),

distinct_memberships as (
    select distinct playlist_id, track_id
    from playlist_tracks
    where track_id not in (select unnest(coalesce(getvariable('excluded'), []::integer[])))
),

lengths as (
    select playlist_id, count(*) as length
    from distinct_memberships
    group by playlist_id
),

memberships as (
    select playlist_id, track_id
    from distinct_memberships
    join lengths using (playlist_id)
    where length <= coalesce(getvariable('max_playlist_length'), length)
),

sizes as (
    select track_id, count(*) as playlists
    from memberships
    group by track_id
),

total as (
    select count(distinct playlist_id) as playlists
    from memberships
),

counts as (
    select a.track_id, b.track_id as neighbour_id, count(*) as shared
    from memberships as a
    join memberships as b on a.playlist_id = b.playlist_id and a.track_id <> b.track_id
    group by a.track_id, b.track_id
),

scores as (
    select
        counts.track_id,
        counts.neighbour_id,
        b.playlists as neighbour_playlists,
        (case parameters.score
            when 'count' then shared
            when 'cosine' then shared / sqrt(a.playlists::double * b.playlists)
            when 'jaccard' then shared / (a.playlists::double + b.playlists - shared)
            when 'lift' then shared * total.playlists::double / (a.playlists::double * b.playlists)
            when 'npmi' then
                case
                    when shared = total.playlists then 1
                    else ln(shared * total.playlists::double / (a.playlists::double * b.playlists))
                        / -ln(shared / total.playlists::double)
                end
        end)::float as score
    from counts
    join sizes as a on a.track_id = counts.track_id
    join sizes as b on b.track_id = counts.neighbour_id
    cross join total
    cross join parameters
    where shared >= min_count
),

ranks as (
    select
        scores.track_id,
        scores.neighbour_id,
        scores.score,
        row_number() over (
            partition by scores.track_id
            order by
                scores.score desc,
                case parameters.ties when 'rarer' then scores.neighbour_playlists end,
                mix(parameters.stream, scores.neighbour_id)
        ) as rank
    from scores
    cross join parameters
)

select track_id, rank, neighbour_id, score
from ranks
where rank <= coalesce(getvariable('top_k'), 10)
order by track_id, rank;
