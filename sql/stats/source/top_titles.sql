-- Most frequent playlist titles: one row per title, normalised as for the Million Playlist Dataset's stats.txt.
-- Variables: rows (20). Lower case, the characters .,/#!$%^*;:{}=_`~()@ become blanks, runs of ASCII white space
-- become one blank, white space of any kind is cut off at both ends.

with spaced as (
    select regexp_replace(lower(title), '[.,/#!$%^*;:{}=_`~()@\t-\r ]+', ' ', 'g') as title
    from playlists
    where title is not null
),

trimmed as (
    select regexp_replace(title, '^[\p{Z}\t-\r\x1c-\x1f\x85]+|[\p{Z}\t-\r\x1c-\x1f\x85]+$', '', 'g') as title
    from spaced
)

select count(*) as playlists, title
from trimmed
group by title
order by playlists desc, encode(title)
limit coalesce(getvariable('rows'), 20);
