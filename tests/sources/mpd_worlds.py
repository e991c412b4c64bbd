"""Small made-up worlds in MPD form: values, and random spellings of them as JSON."""

import io
import json
import random
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pairmine.sources._blocks import Blocks
from pairmine.sources._framing import LOOK_AHEAD, PlaylistFile
from pairmine.sources._records import Records, Reject

NUMBERS = ("num_tracks", "num_albums", "num_artists", "num_followers", "num_edits", "duration_ms")
ODD = [
    None,
    True,
    -1,
    1.5,
    2.0,
    1e3,
    10**30,
    10**400,
    "",
    "x",
    "\ud800",
    [],
    {},
    [1],
    {"a": {"b": [None]}},
    '\x00\n\t"\\/é😀',
]

texts = st.text(st.sampled_from('ab é😀\\"/\n\x7f\x00'), max_size=40) | st.text(max_size=5)
numbers = st.integers(0, 5) | st.integers(0, 2**31 - 1)
odd = st.sampled_from(ODD) | st.integers(-(2**70), 2**70)


def uris(kind: str) -> st.SearchStrategy[str]:
    return st.integers(0, 6).map(lambda number: f"spotify:{kind}:{number}") | st.sampled_from(["", "é"])


def fields(of: dict[str, st.SearchStrategy[Any]], required: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the fields in some order, most of them present, and sometimes something unexpected."""
    always = {key: of[key] for key in required}
    maybe = {key: value for key, value in of.items() if key not in required}
    return st.fixed_dictionaries(always, optional=maybe).flatmap(
        lambda made: st.permutations(list(made.items())).map(dict)
    )


entries = fields(
    {
        "track_uri": uris("track"),
        "track_name": texts,
        "artist_uri": uris("artist"),
        "artist_name": st.sampled_from(["A", "B", "", "C é"]),
        "album_uri": uris("album"),
        "album_name": st.sampled_from(["X", "Y", ""]),
        "duration_ms": st.integers(0, 3),
    },
    ("track_uri",),
)
playlists = fields(
    {
        "pid": st.integers(0, 12) | st.integers(0, 10**18 - 1),
        "name": texts,
        "description": texts,
        **dict.fromkeys(NUMBERS, numbers),
        "modified_at": st.integers(0, 2 * 10**9),
        "collaborative": st.sampled_from(["true", "false", True, False]),
        "tracks": st.lists(entries, max_size=5),
    },
    ("pid", "tracks"),
)


def spoil(value: Any, chance: random.Random, share: float) -> Any:
    """Return a playlist or entry in which a share of the values is odd, keys are missing or unknown."""
    if isinstance(value, list):
        return [spoil(item, chance, share) for item in value]
    if not isinstance(value, dict):
        return chance.choice(ODD) if chance.random() < share else value
    spoilt = {key: spoil(item, chance, share) for key, item in value.items() if chance.random() >= share / 3}
    if chance.random() < share:
        spoilt[chance.choice(["pos", "unknown", "näme", "a" * 50, "track_urx", "x\\y"])] = chance.choice(ODD)
    return spoilt


def state_positions(playlist: dict[str, Any], chance: random.Random) -> None:
    """Give entries a `pos`: mostly their index, else a shuffled, a shifted or a repeated one."""
    count = len(playlist["tracks"])
    way = chance.choice(["index", "index", "none", "shuffled", "shifted", "same", "some"])
    order = list(range(count))
    if way == "shuffled":
        chance.shuffle(order)
    for index, entry in enumerate(playlist["tracks"]):
        if way != "none" and (way != "some" or index % 2):
            entry["pos"] = {"shifted": index + 7, "same": 3}.get(way, order[index])


def spell(value: Any, chance: random.Random) -> str:
    """Write a value as JSON in a random way: blanks, escapes."""
    blank = chance.choice(["", "", " ", "\n" + " " * chance.randrange(40), "\t\r\n"])
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}{blank}:{blank}{spell(item, chance)}" for key, item in value.items())
        return "{" + blank + f"{blank},{blank}".join(members) + blank + "}"
    if isinstance(value, list):
        return "[" + blank + f",{blank}".join(spell(item, chance) for item in value) + blank + "]"
    if isinstance(value, str):
        return _spell_text(value, chance)
    return json.dumps(value)


def _spell_text(text: str, chance: random.Random) -> str:
    if "\ud800" <= max(text, default="") <= "\udfff" or chance.random() < 0.5:
        return json.dumps(text)
    plain = json.dumps(text, ensure_ascii=False)
    return plain.replace("/", "\\/") if chance.random() < 0.5 else plain


def document(made: list[dict[str, Any]], chance: random.Random) -> bytes:
    """Write playlists as a file: slice layout, bare list or JSON lines."""
    way = chance.randrange(3)
    if way == 0 and made and all(isinstance(playlist, dict) and "tracks" in playlist for playlist in made):
        return chance.choice(["\n", "", " , "]).join(spell(playlist, chance) for playlist in made).encode()
    if way <= 1:
        return spell(made, chance).encode()
    frame = [("info", {"slice": "0-999", "playlists": [1]}), ("playlists", made), ("z", [{}])]
    chance.shuffle(frame)
    return spell(dict(frame), chance).encode()


def read(
    data: bytes, *, fast: bool, block_bytes: int = 1 << 16, look_ahead: int = LOOK_AHEAD
) -> tuple[list[tuple[Any, ...]], list[Reject]]:
    """Read a file's playlists and rejects through one of the readers."""
    taken: list[tuple[Any, ...]] = []
    rejects: list[Reject] = []
    stream = io.BytesIO(data)
    blocks = Blocks(Path("file.json"), stream, stream, block_bytes)
    take = lambda buffer, records: taken.extend(decode(buffer, records))  # noqa: E731
    PlaylistFile(blocks, take, rejects.append, lambda: None, fast=fast, look_ahead=look_ahead).read()
    return taken, rejects


def decode(buffer: Any, records: Records) -> list[tuple[Any, ...]]:
    """Return a block's records as plain values: (pid, name, description, numbers, entries)."""

    def text(place: int, length: int) -> str | None:
        return None if length < 0 else bytes(buffer[place : place + length]).decode()

    decoded = []
    for row in records.playlists[: records.counts[0]].tolist():
        pid, _, first, count, explicit = row[:5]
        made = [
            (
                int(records.positions[index]),
                *(text(*span) for span in records.spans[index].reshape(-1, 2)),
                int(records.durations[index]),
            )
            for index in range(first, first + count)
        ]
        assert bool(explicit) == ([entry[0] for entry in made] != list(range(count)))
        decoded.append((pid, text(*row[5:7]), text(*row[7:9]), row[9:], made))
    return decoded
