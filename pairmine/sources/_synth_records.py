"""Releases of the synthetic world as records of a Discogs dump."""

import numpy as np
import pyarrow as pa

from pairmine.sources import _synth_tracklists
from pairmine.sources._synth_credits import artist_elements, artist_lists, credit_elements
from pairmine.sources._synth_editors import Editors, Generation
from pairmine.sources._synth_elements import digits, element, joined, runs, where, wrapped
from pairmine.sources._synth_extras import NOTED, Extras
from pairmine.sources._synth_releases import BEST_OF, COMPILATION, EDITION, SINGLE, Releases, quantiles
from pairmine.sources._synth_shelves import (
    LABEL_BASE,
    MASTER_BASE,
    NOBODY,
    NOT_ON_LABEL,
    Array,
    Flags,
    Shelves,
    below,
    luck,
    mixed,
)
from pairmine.sources._synth_world import STYLES_PER_GENRE

MEDIA = ("Vinyl", "CD", "Cassette", "File", "CDr", "Box Set", "Shellac", "DVD")
MEDIA_SHARES = (0.5, 0.29, 0.08, 0.08, 0.03, 0.01, 0.005)
FORMS = {
    EDITION: ("Album", "LP|Album", "LP|Album|Reissue", "LP|Album|Stereo", "Album|Reissue|Remastered", "Album|Promo"),
    SINGLE: ('7"|Single|45 RPM', '12"|33 ⅓ RPM', '12"|Promo|White Label', "Single", "EP", "Maxi-Single"),
    BEST_OF: ("LP|Compilation", "Compilation", "Compilation|Stereo", "Compilation|Remastered", "", "Compilation|Mono"),
    COMPILATION: ("LP|Compilation", "Compilation", "Compilation|Mixed", "LP|Compilation|Limited Edition", "", "Promo"),
}
COUNTRIES = ("US",) * 25 + ("Germany",) * 9 + ("UK",) * 8 + ("Japan",) * 6 + ("Italy",) * 4 + ("Canada",) * 4 + (
    "Netherlands", "Netherlands", "Netherlands", "Netherlands", "France", "France", "France", "Spain", "Spain",
    "Australia", "Australia", "Sweden", "Brazil", "Greece", "Yugoslavia", "UK & Europe", "Côte d'Ivoire", "Europe",
)  # fmt: skip
QUALITIES = ("Needs Vote",) * 8 + ("Correct", "Complete and Correct")
DATES = (0.118, 0.571, 0.236, 0.057)  # none, year, day, month without day; what is left is a year with -00-00
TWO_DIGITS = tuple(f"{number:02d}" for number in range(1, 29))
SECOND_LABEL, SAME_LABEL, UNLABELLED, STYLELESS, CREDITED = 0.12, 0.35, 0.053, 0.146, 0.59


class Records:
    """Writes runs of releases of one world as records."""

    def __init__(self, shelves: Shelves, editors: Editors):
        self.shelves, self.editors, self._seed = shelves, editors, shelves.world.seed
        self.extras = Extras(shelves, editors)
        self._forms = _formats(editors)

    def labels(self, releases: Releases) -> tuple[Array, Array]:
        """Return the labels of every release, release after release, and how many each has; NOBODY: on no label."""
        seed, numbers = self._seed, releases.numbers
        artist = self.shelves.world.tracks.artist_of[releases.tracks[releases.offsets[:-1]]].astype(np.int64)
        homes = [quantiles(luck(seed, "home label", numbers, i), (0.7, 0.2)) for i in (0, 1)]
        first, second = (self.shelves.label(artist, home) for home in homes)
        u = luck(seed, "several labels", numbers)
        has_second = u < SECOND_LABEL
        second = np.where(u < SECOND_LABEL * SAME_LABEL, first, second)
        unlabelled = luck(seed, "no label", numbers) < UNLABELLED
        both = np.stack([np.where(unlabelled, NOBODY, first), second], axis=1)
        there = np.stack([np.ones_like(has_second), has_second & ~unlabelled], axis=1)
        return both[there], there.sum(axis=1)

    def tags(self, releases: Releases) -> tuple[Array, Array]:
        """Return (style of the world, how many styles are named) of every release."""
        artist = self.shelves.world.tracks.artist_of[releases.tracks[releases.offsets[:-1]]]
        style = self.shelves.world.tracks.style_of_artist[artist].astype(np.int64)
        u = luck(self._seed, "styles", releases.numbers)
        return style, quantiles(u, (STYLELESS, 0.44, 0.22, 0.13))

    def oddities(self, releases: Releases) -> dict[str, Flags]:
        """Return for every oddity a release may have which ones have it."""
        seed, numbers = self._seed, releases.numbers
        labels, counts = self.labels(releases)
        last = np.cumsum(counts) - 1
        date = quantiles(luck(seed, "date", numbers), DATES)
        has_notes = luck(seed, "notes", numbers) < NOTED
        return {
            "various": releases.artists[0] == NOBODY,
            "several artists": releases.artists[1] != NOBODY,
            "no master": releases.masters == NOBODY,
            "several labels": counts > 1,
            "same label twice": (counts > 1) & (labels[last] == labels[last - counts + 1]),
            "not on label": labels[last] == NOBODY,
            "no date": date == 0,
            "date without day": date >= 3,
            "no styles": self.tags(releases)[1] == 0,
            "no durations": luck(seed, "untimed", numbers) < _synth_tracklists.UNTIMED,
            "carriage returns": has_notes & (below(luck(seed, "break", numbers), 4) >= 2),
        }

    def render(self, releases: Releases, entries: _synth_tracklists.Rows) -> pa.Array:
        """Return one record a release, each with its line end."""
        seed, numbers, editors = self._seed, releases.numbers, self.editors
        medium = quantiles(luck(seed, "medium", numbers), MEDIA_SHARES)
        tracklist = _synth_tracklists.render(self.shelves, releases, entries, editors, (medium == 0) | (medium == 2))
        is_older = editors.generation is Generation.older
        status = ' status="Accepted"' if is_older else ""
        return joined(
            '<release id="',
            digits(numbers + 1),
            f'"{status}>',
            self.extras.images(numbers) if is_older else "",
            self._artists(releases),
            element("title", self._titles(releases)),
            self._labels(releases),
            "" if is_older else self.extras.series(numbers),
            self._credits(releases),
            self._format(releases, medium),
            self._tags(releases),
            where(
                self.extras.luck("country", numbers) < 0.97,
                element("country", self.extras.pick(COUNTRIES, "which", numbers)),
            ),
            element("released", self._dates(releases)),
            where(self.extras.luck("notes", numbers) < NOTED, element("notes", self.extras.notes(numbers))),
            element("data_quality", self.extras.pick(QUALITIES, "quality", numbers)),
            self._masters(releases),
            element("tracklist", tracklist),
            self.extras.identifiers(numbers),
            self.extras.videos(releases),
            self.extras.companies(numbers),
            "</release>\n",
        )

    def _artists(self, releases: Releases) -> pa.Array:
        first, second = releases.artists
        first = np.where(first == NOBODY, self.editors.people.various, first)
        people, counts = artist_lists(first, second)
        group, place = runs(counts)
        texts = artist_elements(self._seed, self.editors, people, counts, releases.numbers[group], place)
        return wrapped("artists", texts, counts)

    def _titles(self, releases: Releases) -> pa.Array:
        titles = self.editors.albums(releases.albums)
        hits = self.editors.titles(releases.tracks[releases.offsets[:-1]])
        kinds = releases.kinds
        titles = where(kinds == BEST_OF, joined("The Best Of ", titles), where(kinds == SINGLE, hits, titles))
        volumes = joined(titles, " Vol. ", digits(1 + below(self.extras.luck("volume", releases.numbers), 40)))
        return where(kinds == COMPILATION, volumes, titles)

    def _labels(self, releases: Releases) -> pa.Array:
        labels, counts = self.labels(releases)
        group, place = runs(counts)
        numbers = releases.numbers[group]
        ids = np.where(labels == NOBODY, NOT_ON_LABEL, LABEL_BASE + labels)
        names = self.editors.label_names(labels)
        catnos = joined("CAT ", digits(mixed(self._seed, "catno", numbers, place) % 100_000))
        catnos = where((labels == NOBODY) | (self.extras.luck("catno", numbers, place) < 0.07), "none", catnos)
        texts = joined('<label name="', names, '" catno="', catnos, '" id="', digits(ids), '"/>')
        return wrapped("labels", texts, counts)

    def _credits(self, releases: Releases) -> pa.Array:
        counts, group, place = self.extras.several("release credits", releases.numbers, CREDITED, 17)
        numbers, seed = releases.numbers[group], self._seed
        ids = numbers, place + 1000
        artist = self.shelves.world.tracks.artist_of[releases.tracks[releases.offsets[:-1]]].astype(np.int64)
        people = self.shelves.helper(artist[group], luck(seed, "credited person", *ids))
        first = 1 + below(self.extras.luck("range", *ids), 3)
        ranges = where(first == 1, joined("A1 to A", digits(first + 2)), joined(digits(first), " to 6, 9"))
        ranges = where(self.extras.luck("ranged", *ids) < 0.18, ranges)
        nothing = pa.array([""] * len(group), pa.string())
        return wrapped("extraartists", credit_elements(seed, self.editors, people, nothing, ids, ranges), counts)

    def _format(self, releases: Releases, medium: Array) -> pa.Array:
        """Return the formats: how many discs of the medium, and what is said of them."""
        forms = len(FORMS[EDITION])
        form = below(self.extras.luck("form", releases.numbers), forms)
        place = (medium * len(FORMS) + releases.kinds) * forms + form
        second = where(medium == MEDIA.index("Box Set"), '<format name="CD" qty="3" text="Remastered"/>')
        quantity = digits(1 + releases.counts // 19)
        pieces = self._forms.take(pa.array(place))
        parts = pa.compute.split_pattern(pieces, "\0")
        before, after = (pa.compute.list_element(parts, i) for i in (0, 1))
        return joined("<formats>", before, quantity, after, second, "</formats>")

    def _tags(self, releases: Releases) -> pa.Array:
        """Return genres (the world's, some with another) and none to four styles, the world's first."""
        style, counts = self.tags(releases)
        numbers = releases.numbers
        other = below(self.extras.luck("second genre", numbers), 80)
        genres = element("genre", self.editors.genres.take(pa.array(style // STYLES_PER_GENRE)))
        has_other = (other < len(self.editors.genres)) & (other != style // STYLES_PER_GENRE)
        second = element("genre", self.editors.genres.take(pa.array(np.where(has_other, other, 0))))
        group, place = runs(counts)
        near = (style[group] // STYLES_PER_GENRE) * STYLES_PER_GENRE + (style[group] + place) % STYLES_PER_GENRE
        styles = element("style", self.editors.styles.take(pa.array(near)))
        return joined("<genres>", genres, where(has_other, second), "</genres>", wrapped("styles", styles, counts))

    def _dates(self, releases: Releases) -> pa.Array:
        """Return dates as written; an empty one is left out in a dump of either generation."""
        numbers = releases.numbers
        form = quantiles(self.extras.luck("date", numbers), DATES)
        month, day = (self.extras.pick(TWO_DIGITS[:most], what, numbers) for what, most in (("month", 12), ("day", 28)))
        ending = where(form == 2, joined("-", month, "-", day), where(form == 3, joined("-", month, "-00"), "-00-00"))
        return where(form > 0, joined(digits(releases.years), where(form > 1, ending)))

    def _masters(self, releases: Releases) -> pa.Array:
        """Return the master's id; none is 0, and in an older dump no element."""
        is_main = where(releases.first_editions, "true", "false")
        ids = digits(np.where(releases.masters == NOBODY, 0, MASTER_BASE + releases.masters))
        elements = joined(
            '<master_id is_main_release="', where(releases.masters != NOBODY, is_main, "false"), '">', ids
        )
        elements = joined(elements, "</master_id>")
        if self.editors.generation is Generation.newer:
            return elements
        return where(releases.masters != NOBODY, elements)


def _formats(editors: Editors) -> pa.Array:
    """Return all formats, by (medium, kind, form); a NUL stands for the number of discs."""
    texts = []
    for medium in MEDIA:
        for kind in sorted(FORMS):
            for form in FORMS[kind]:
                words = [editors.escaped(word) for word in form.split("|") if word]
                inner = "".join(f"<description>{word}</description>" for word in words)
                inner = inner and f"<descriptions>{inner}</descriptions>"
                end = f">{inner}</format>" if inner else "/>"
                texts.append(f'<format name="{medium}" qty="\0" text=""{end}')
    return pa.array(texts)
