-- Size of a source of playlists: one row, in the words of the Million Playlist Dataset's stats.txt.
-- Albums and artists are those of the tracks that stand in a playlist. Optional: track_artists, track_releases.

with entries as (
    select count(*) as tracks
    from playlist_tracks
),

heard as (
    select distinct track_id
    from playlist_tracks
),

albums as (
    select count(distinct release_id) as unique_albums
    from track_releases
    semi join heard using (track_id)
),

performers as (
    select count(distinct artist_id) as unique_artists
    from track_artists
    semi join heard using (track_id)
),

lists as (
    select
        count(*) as playlists,
        count(distinct title) as unique_titles,
        count(description) as playlists_with_descriptions
    from playlists
)

select
    lists.playlists,
    entries.tracks,
    (select count(*) from heard) as unique_tracks,
    albums.unique_albums,
    performers.unique_artists,
    lists.unique_titles,
    lists.playlists_with_descriptions,
    coalesce(entries.tracks / nullif(lists.playlists, 0), 0) as avg_playlist_length
from lists
cross join entries
cross join albums
cross join performers;
