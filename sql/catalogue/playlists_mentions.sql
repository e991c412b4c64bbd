-- What is said of each track: one row per track.
-- Reads rows, lists, kept, keys, songs. Each column is from the first entry that has it, by playlist key and position;
-- a song that the source describes apart from its playlists has what is said there (of several descriptions the
-- smallest). An album's owner is the artist of the same entry.

with ranked as (
    select
        track_id,
        title,
        artist,
        album,
        duration_ms,
        playlist_id::bigint << 32 | case when numbered then position - base else row end as rank
    from rows
    join lists using (part, playlist)
    join kept using (list)
    join keys on keys.key = rows.track
),

firsts as (
    select
        track_id,
        arg_min(ranked.title, rank) as title,
        arg_min(artist, rank) as artist,
        arg_min({'album': album, 'owner': coalesce(artist, '')}, rank) filter (where album is not null) as owned,
        arg_min(duration_ms, rank) as duration_ms,
        coalesce(min(title) <> max(title), false)
        or coalesce(min(artist) <> max(artist), false)
        or coalesce(min(album) <> max(album), false)
        or coalesce(min(duration_ms) <> max(duration_ms), false) as disagrees
    from ranked
    group by track_id
),

described as (
    select
        key,
        min({
            'title': title, 'artists': artists, 'release': release, 'album': album, 'year': year, 'tags': tags
        }) as song,
        count(distinct {
            'title': title, 'artists': artists, 'release': release, 'album': album, 'year': year, 'tags': tags
        }) > 1 as disagrees
    from songs
    group by key
)

select
    track_id,
    keys.key,
    coalesce(song.title, firsts.title) as title,
    coalesce(song.album, owned.album) as album,
    duration_ms,
    case
        when song is not null then song.artists
        when artist is not null then [{'key': 'name:' || artist, 'name': artist}]
        else []
    end as artists,
    case
        when song is not null then song.release
        when owned.album is not null then 'name:' || owned.owner || ' / ' || owned.album
    end as release,
    song.year,
    coalesce(song.tags, []) as tags,
    coalesce(firsts.disagrees, false) or coalesce(described.disagrees, false) as disagrees
from keys
left join firsts using (track_id)
left join described using (key)
