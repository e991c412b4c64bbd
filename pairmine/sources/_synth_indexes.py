"""Masters, artists and labels of the synthetic world as a Discogs dump lists them: those that its releases name."""

import numpy as np
import pyarrow as pa

from pairmine.sources import _synth_releases
from pairmine.sources._synth_credits import artist_elements, artist_lists
from pairmine.sources._synth_elements import digits, element, joined, runs, where, wrapped
from pairmine.sources._synth_records import Records
from pairmine.sources._synth_shelves import (
    ARTIST_BASE,
    LABEL_BASE,
    LABELS_PER_STYLE,
    MASTER_BASE,
    NOBODY,
    Array,
    below,
    luck,
)
from pairmine.sources._synth_world import ARTISTS, STYLES_PER_GENRE

PARENTS, SUBLABELS = 5, 0.3  # the first labels of a style own some of the others
BANDS, REAL_NAMES, PROFILES = 0.1, 0.2, 0.3


class Indexes:
    """Writes the records of masters, artists and labels; each method returns one text a record."""

    def __init__(self, records: Records):
        self._records, self._shelves, self._editors = records, records.shelves, records.editors
        self._seed = records.shelves.world.seed

    def masters(self, places: Array) -> pa.Array:
        """Return masters by the place of their album in the order of fame."""
        albums = self._shelves.albums[places]
        first, second = self._shelves.artists(self._shelves.album_first[albums])
        people, counts = artist_lists(first, second)
        group, place = runs(counts)
        main = _synth_releases.first_editions(self._shelves, places) + 1
        style = self._shelves.world.tracks.style_of_artist[first]
        return joined(
            '<master id="',
            digits(MASTER_BASE + places),
            '"><main_release>',
            digits(main),
            "</main_release>",
            wrapped(
                "artists", artist_elements(self._seed, self._editors, people, counts, places[group], place), counts
            ),
            element("genres", element("genre", self._editors.genres.take(pa.array(style // STYLES_PER_GENRE)))),
            element("styles", element("style", self._editors.styles.take(pa.array(style)))),
            element("year", where(luck(self._seed, "year known", albums) < 0.962, self._first_years(albums), "0")),
            element("title", self._editors.albums(albums)),
            "<data_quality>Correct</data_quality></master>\n",
        )

    def _first_years(self, albums: Array) -> pa.Array:
        return digits(_synth_releases.first_years(self._seed, albums))

    def artists(self, people: Array) -> pa.Array:
        """Return artists by their place among the people: name variations, aliases, and members of some."""
        seed, everybody = self._seed, self._editors.people
        variation = element("namevariations", element("name", everybody.variations.take(pa.array(people))))
        real = self._editors.element(
            "realname", where(luck(seed, "real name", people) < REAL_NAMES, everybody.meet(people))
        )
        return joined(
            "<artist><id>",
            digits(everybody.ids(people)),
            "</id><name>",
            everybody.meet(people),
            "</name>",
            real,
            self._editors.element(
                "profile", where(luck(seed, "profile", people) < PROFILES, self._records.extras.notes(people))
            ),
            "<data_quality>Needs Vote</data_quality>",
            where(luck(seed, "variation", people) < 0.2, variation),
            self._others("aliases", people, ""),
            self._others("members", people, "<id>"),
            "</artist>\n",
        )

    def _others(self, tag: str, people: Array, with_id: str) -> pa.Array:
        """Return aliases or members: one to three artists of the same style."""
        seed, names = self._seed, self._editors.people
        is_one = (luck(seed, tag, people) < BANDS) & (people < ARTISTS)
        counts = np.where(is_one, 1 + below(luck(seed, f"{tag} count", people), 3), 0)
        group, place = runs(counts)
        others = self._shelves.colleague(people[group], luck(seed, f"{tag} who", people[group], place))
        ids = digits(ARTIST_BASE + others)
        number = joined("<id>", ids, "</id>") if with_id else ""
        texts = joined(number, '<name id="', ids, '">', names.names.take(pa.array(others)), "</name>")
        return wrapped(tag, texts, counts)

    def labels(self, labels: Array) -> pa.Array:
        """Return labels by number, with the labels they own and the label that owns them."""
        seed = self._seed
        owner = self._parents(labels)
        parent = joined('<parentLabel id="', digits(LABEL_BASE + owner), '">', self._names(owner), "</parentLabel>")
        return joined(
            "<label><id>",
            digits(LABEL_BASE + labels),
            "</id><name>",
            self._names(labels),
            "</name>",
            self._editors.element(
                "contactinfo", where(luck(seed, "contact", labels) < PROFILES, self._records.extras.notes(labels))
            ),
            self._editors.element(
                "profile", where(luck(seed, "about", labels) < PROFILES, self._records.extras.notes(labels + 1))
            ),
            "<data_quality>Needs Vote</data_quality>",
            where(owner != NOBODY, parent),
            where(
                luck(seed, "url", labels) < 0.3,
                joined("<urls><url>https://label-", digits(labels), ".example/</url></urls>"),
            ),
            self._sublabels(labels),
            "</label>\n",
        )

    def _names(self, labels: Array) -> pa.Array:
        return self._editors.labels.take(pa.array(np.maximum(labels, 0)))

    def _parents(self, labels: Array) -> Array:
        """Return who owns labels, NOBODY for most."""
        rank = labels % LABELS_PER_STYLE
        is_owned = (rank >= 2 * PARENTS) & (luck(self._seed, "owned", labels) < SUBLABELS)
        return np.where(is_owned, labels - rank + rank % PARENTS, NOBODY)

    def _sublabels(self, labels: Array) -> pa.Array:
        """Return nested labels: a label's own tag again."""
        rank = labels % LABELS_PER_STYLE
        candidates = (labels - rank)[:, None] + np.arange(LABELS_PER_STYLE)
        is_owned = self._parents(candidates) == np.where(rank < PARENTS, labels, NOBODY - 1)[:, None]
        owned = candidates[is_owned]
        texts = joined('<label id="', digits(LABEL_BASE + owned), '">', self._names(owned), "</label>")
        return wrapped("sublabels", texts, is_owned.sum(axis=1))
