"""Samples of the sources that are small tables or lists: name of the file → its content, oddities included."""

import json

TITLES = ["First Song", "Second Song", "Third Song", "Fourth Song", "Fifth Song", "Sixth Song"]
ARTISTS = ["Nobody Else", "The Second", "Nobody Else", "Third & Co", "The Second", "Nobody Else"]
LISTS = {"Morning": [0, 1, 2, 4], "Night": [5, 3, 1], "Rain": [2, 3, 4, 5], "Road": [0, 5, 2]}

EDGES = """\
track_a,track_b,count
TRAAA,TRBBB,7
TRBBB,TRCCC,4
TRCCC,TRDDD,2
TRDDD,TREEE,9
TREEE,TRAAA,1
TRAAA,TRBBB,2
TRBBB,TRAAA,8
TRAAA,TRAAA,3
TRFFF,,3
TRFFF,TRAAA,-1
TRFFF,TRAAA,many
TRFFF,TRAAA,5
"""

LISTENS = "\n".join(
    [
        "user\ttrack\ttime\ttitle\tartist",
        *(
            f"user{user}\tt{track}\t2026-01-0{1 + track}T10:00:00Z\t{TITLES[track]}\t{ARTISTS[track]}"
            for user, tracks in enumerate([[0, 1, 2], [0, 1, 3], [1, 2, 3], [0, 2, 4], [4, 5, 0], [4, 5, 1], [5]])
            for track in tracks
        ),
        "user0\t\t2026-01-09T10:00:00Z\tno track\tNobody Else",
    ]
)

TABLE = "\n".join(
    [
        "playlist,position,track,title,artist",
        *(
            f"{name},{place},t{track},{TITLES[track]},{ARTISTS[track]}"
            for name, tracks in LISTS.items()
            for place, track in enumerate(tracks)
        ),
        "Rain,9,,no track,",
    ]
)

M3U8 = """\
#EXTM3U
#EXTINF:1,Nobody Else - First Tone
made up/01 First Tone.flac
#EXTINF:1,Nobody Else - Second Tone
made up/02 Second Tone.flac
https://example.org/stream.mp3
"""

SONGS = [
    {
        "id": number,
        "song_name": title,
        "album_id": number // 2,
        "album_name": f"Album {number // 2}",
        "artist_id_basket": [ARTISTS.index(ARTISTS[number])],
        "artist_name_basket": [ARTISTS[number]],
        "song_gn_gnr_basket": ["GN0100"] if number % 2 else ["GN0100", "GN0200"],
        "song_gn_dtl_gnr_basket": ["GN0101"],
        "issue_date": "20200101",
    }
    for number, title in enumerate(TITLES)
]
GENRES = {"GN0100": "Ballad", "GN0101": "Slow Ballad", "GN0200": "Drone"}
MELON = [
    {
        "id": number,
        "plylst_title": name,
        "tags": ["calm"],
        "songs": tracks,
        "like_cnt": number,
        "updt_date": "2020-01-01 00:00:00.000",
    }
    for number, (name, tracks) in enumerate(LISTS.items())
]
AOTM = [
    {
        "mix_id": number,
        "category": "Mixed Genre",
        "user": {"name": "nobody"},
        "playlist": [[[ARTISTS[track], TITLES[track]], f"SO{track}" if track < 4 else None] for track in tracks],
    }
    for number, (name, tracks) in enumerate(LISTS.items())
]

FILES = {
    "colisten/edges.csv": EDGES,
    "listens/listens.tsv": LISTENS + "\n",
    "playlists/lists.csv": TABLE + "\n",
    "playlists/tones.m3u8": M3U8,
    "melon/train.json": json.dumps(MELON, ensure_ascii=False),
    "melon/song_meta.json": json.dumps(SONGS, ensure_ascii=False),
    "melon/genre_gn_all.json": json.dumps(GENRES, ensure_ascii=False),
    "aotm/aotm2011_playlists.json": json.dumps(AOTM),
}
