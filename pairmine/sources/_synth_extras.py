"""What records of a Discogs dump hold besides the music: notes, images, identifiers, videos, companies, series."""

import numpy as np
import pyarrow as pa

from pairmine.sources import _synth_text
from pairmine.sources._synth_editors import Editors
from pairmine.sources._synth_elements import digits, grouped, joined, runs, where, wrapped
from pairmine.sources._synth_releases import Releases
from pairmine.sources._synth_shelves import LABEL_BASE, LABELS, Array, Floats, Shelves, below, heavy, luck, mixed

SENTENCES = (
    "Recorded at {} Studio", "Made in {}", "All rights reserved", "Track {n} is wrongly credited on the sleeve",
    "\U0001d4dc\U0001d4e4 pressing", "℗ & © {n}", 'Comes with "{}" poster', "<b>Gatefold</b> sleeve",
    "Thanks to {} & {}",
)  # fmt: skip
BREAKS = pa.array([". ", "\n", "&#13;\n", "&#13;\n&#13;\n"])
IDENTIFIERS = ("Matrix / Runout",) * 8 + ("Barcode",) * 4 + ("Rights Society",) * 2 + ("Other", "Label Code")
SIDES = ("", "A-Side Runout", "B-Side Runout, etched", "Text", "Variant 1")
COMPANY_ROLES = (
    (21, "Published By"), (13, "Phonographic Copyright (p)"), (14, "Copyright (c)"), (23, "Recorded At"),
    (9, "Distributed By"), (10, "Manufactured By"), (17, "Pressed By"), (29, "Mastered At"),
)  # fmt: skip
COMPANIES, SERIES, SERIES_BASE = 2_000, 500, 900_000
IMAGED, NOTED, FILMED, IDENTIFIED, COMPANIED, SERIAL = 0.955, 0.64, 0.53, 0.53, 0.45, 0.03  # of the releases


class Extras:
    """Draws and writes what editors add to releases, by the number of the release."""

    def __init__(self, shelves: Shelves, editors: Editors):
        self.shelves, self.editors, self._seed = shelves, editors, shelves.world.seed
        self._sentences = editors.table(_notes(self._seed))

    def luck(self, what: str, numbers: Array, places: Array | int = 0) -> Floats:
        """Return a number in [0, 1) for every (release, place)."""
        return luck(self._seed, what, numbers, places)

    def pick(self, texts: tuple[str, ...], what: str, numbers: Array, places: Array | int = 0) -> pa.Array:
        """Return an evenly drawn text for every (release, place)."""
        return self.editors.table(texts).take(pa.array(below(self.luck(what, numbers, places), len(texts))))

    def several(self, what: str, numbers: Array, share: float, most: int) -> tuple[Array, Array, Array]:
        """Draw how many of something each release has; return these, and (release, place) of each."""
        u = self.luck(what, numbers)
        counts = np.where(u < share, 1 + below((u / share) ** 2, most), 0)
        return (counts, *runs(counts))

    def images(self, numbers: Array) -> pa.Array:
        """Return images: their sizes, the addresses being left out."""
        counts, group, place = self.several("images", numbers, IMAGED, 8)
        size = digits(600 - below(self.luck("image", numbers[group], place), 100))
        kind = where(place == 0, "primary", "secondary")
        image = joined('<image type="', kind, '" uri="" uri150="" width="600" height="', size, '"/>')
        return wrapped("images", image, counts)

    def notes(self, numbers: Array) -> pa.Array:
        """Return notes of one to five sentences; line ends are written in two ways."""
        counts = 1 + below(self.luck("sentences", numbers), 5)
        group, place = runs(counts)
        pieces = below(self.luck("sentence", numbers[group], place), len(self._sentences))
        ends = where(place + 1 < counts[group], BREAKS.take(pa.array(below(self.luck("break", numbers), 4)[group])))
        return grouped(joined(self._sentences.take(pa.array(pieces)), ends), counts)

    def series(self, numbers: Array) -> pa.Array:
        """Return the series a few releases belong to: an element within its namesake."""
        series = below(self.luck("series", numbers), SERIES)
        texts = joined(
            '<series><series name="',
            self.editors.labels.take(pa.array(series)),
            ' Series" catno="',
            digits(1 + below(self.luck("series number", numbers), 60)),
            '" id="',
            digits(SERIES_BASE + series),
            '"/></series>',
        )
        return where(self.luck("in series", numbers) < SERIAL, texts)

    def identifiers(self, numbers: Array) -> pa.Array:
        """Return barcodes, matrix numbers and the like."""
        counts, group, place = self.several("identifiers", numbers, IDENTIFIED, 8)
        owner = numbers[group]
        texts = joined(
            '<identifier type="',
            self.pick(IDENTIFIERS, "identifier", owner, place),
            '" description="',
            self.pick(SIDES, "side", owner, place),
            '" value="',
            digits(mixed(self._seed, "barcode", owner, place)),
            '"/>',
        )
        return wrapped("identifiers", texts, counts)

    def videos(self, releases: Releases) -> pa.Array:
        """Return videos of the release's tracks, from the first on."""
        counts, group, place = self.several("videos", releases.numbers, FILMED, 12)
        counts = np.minimum(counts, releases.counts)
        group, place = runs(counts)
        track = releases.tracks[releases.offsets[group] + place]
        artist = self.editors.people.names.take(pa.array(self.shelves.world.tracks.artist_of[track]))
        title = joined(artist, " - ", self.editors.titles(track))
        owner = releases.numbers[group]
        texts = joined(
            '<video src="https://www.youtube.com/watch?v=',
            digits(mixed(self._seed, "video", owner, place)),
            '" duration="',
            digits(120 + below(self.luck("video length", owner, place), 300)),
            '" embed="true"><title>',
            title,
            "</title><description>",
            self.notes(mixed(self._seed, "described", owner, place)),
            "</description></video>",
        )
        return wrapped("videos", texts, counts)

    def companies(self, numbers: Array) -> pa.Array:
        """Return companies; they are labels too."""
        counts, group, place = self.several("companies", numbers, COMPANIED, 10)
        owner = numbers[group]
        company = heavy(self.luck("company", owner, place), COMPANIES, 20)
        roles = pa.array(
            [f"<entity_type>{n}</entity_type><entity_type_name>{role}</entity_type_name>" for n, role in COMPANY_ROLES]
        )
        texts = joined(
            "<company><id>",
            digits(LABEL_BASE + LABELS - 1 - company),
            "</id><name>",
            self.editors.label_names(LABELS - 1 - company),
            "</name>",
            self.editors.element("catno", where(place > 5, joined("P-", digits(company)))),
            roles.take(pa.array(below(self.luck("company role", owner, place), len(COMPANY_ROLES)))),
            "<resource_url>https://api.discogs.com/labels/",
            digits(LABEL_BASE + LABELS - 1 - company),
            "</resource_url></company>",
        )
        return wrapped("companies", texts, counts)


def _notes(seed: int) -> list[str]:
    """Return sentences for notes and descriptions."""
    words = _synth_text.made_up_words(seed)
    return [
        SENTENCES[i % len(SENTENCES)].format(words[i], words[-1 - i], n=1 + i % 19) for i in range(60 * len(SENTENCES))
    ]
