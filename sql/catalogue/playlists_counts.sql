-- What became of playlists, entries and songs: one row.
-- Reads lists, kept, entries, mentions, songs.

select
    (select count(*) from kept) as playlists,
    (select count(*) from lists) - (select count(*) from kept) as repeated,
    (select count(*) from entries) as entries,
    (select coalesce(sum(entries), 0)::bigint from lists) - (select count(*) from entries) as in_repeated,
    (select count(distinct playlist) from kept where contents > 1) as colliding,
    (select count(*) from mentions where disagrees) as disagreeing,
    (select count(distinct key) from songs) as songs
