"""What a playlist file holds, whatever its format."""

from dataclasses import dataclass, field


class UnreadableError(Exception):
    """A file is no playlist; the message says why."""


@dataclass
class Item:
    """An entry: where the file says its audio is, and what it says of it."""

    place: int
    """Its line in the file, or its number among the entries, from 1."""
    location: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_ms: int | None = None


@dataclass
class Fault:
    """An entry that was not taken: its place, why, and how it begins."""

    place: int
    reason: str
    excerpt: str


@dataclass
class PlaylistFile:
    """What a playlist file holds."""

    title: str | None = None
    items: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, item: Item) -> None:
        """Take an entry, unless its location is no text."""
        if "\N{REPLACEMENT CHARACTER}" in item.location:
            self.faults.append(Fault(item.place, "bytes that are not UTF-8", item.location))
        elif not item.location.isprintable():
            self.faults.append(Fault(item.place, "control characters", item.location))
        else:
            self.items.append(item)
