-- What tells playlists of one key apart: one row per playlist whose key was met several times.
-- Reads lists, rows. `digest`: MD5 of its entries in order and of all that is known of it, each value with its length.

with shared as (
    select *
    from lists
    where playlist in (select playlist from lists group by playlist having count(*) > 1)
),

ordered as (
    select
        list,
        numbered,
        row,
        case when numbered then position - base else row_number() over (partition by list order by row) - 1 end as place,
        [track, title, artist, album, duration_ms::varchar] as texts
    from (select rows.* exclude (playlist_title), list, numbered, base from rows join shared using (part, playlist))
),

entry_digests as (
    select
        list,
        place,
        md5(list_aggregate(
            list_transform([place::varchar] || texts, lambda t: coalesce(strlen(t) || ':' || t, '-')), 'string_agg', ''
        )) as digest
    from ordered
),

content as (
    select list, md5(string_agg(digest, '' order by place)) as digest
    from entry_digests
    group by list
)

select
    list,
    md5(list_aggregate(
        list_transform(
            [name, num_followers::varchar, epoch_ms(modified_at)::varchar, digest] || coalesce(tags, []),
            lambda t: coalesce(strlen(t) || ':' || t, '-')
        ),
        'string_agg', ''
    )) as digest
from shared
left join content using (list)
