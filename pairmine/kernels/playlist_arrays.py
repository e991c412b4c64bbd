"""How playlists lie in arrays: columns of a playlist's row and an entry's spans; what numbers may be."""

INT32_MAX = 2**31 - 1
PID_MAX = DURATION_MAX = 10**18 - 1
MODIFIED_MAX = 253_402_300_799  # the last second of the year 9999

TEXTS = ("track_uri", "track_name", "artist_uri", "artist_name", "album_uri", "album_name")
NUMBERS = {
    "num_tracks": INT32_MAX,
    "num_albums": INT32_MAX,
    "num_artists": INT32_MAX,
    "num_followers": INT32_MAX,
    "num_edits": INT32_MAX,
    "duration_ms": DURATION_MAX,
    "modified_at": MODIFIED_MAX,
    "collaborative": 1,
}
"""Numbers of a playlist and the largest value of each; the smallest is 0, and −1 stands for none."""

# Columns of a playlist: texts as (place, length), length −1 for none; then NUMBERS.
PID, DIGEST, FIRST, ENTRIES, EXPLICIT, NAME, DESCRIPTION, NUMBER = 0, 1, 2, 3, 4, 5, 7, 9
PLAYLIST_COLUMNS = NUMBER + len(NUMBERS)
# Columns of an entry's spans: (place, length) of each of TEXTS.
TRACK_URI, TRACK_NAME, ARTIST_URI, ARTIST_NAME, ALBUM_URI, ALBUM_NAME = range(0, 12, 2)
SPAN_COLUMNS = 2 * len(TEXTS)
MIN_ENTRY_BYTES = len('{"track_uri":"x"}')
MIN_PLAYLIST_BYTES = len('{"pid":0,"tracks":[]}')
