"""Made-up Discogs records in XML, sound but as odd as XML allows."""

import random

ARTIST = {"id": "#", "name": "", "anv": "", "join": "", "role": "", "tracks": ""}
CREDITS = {"artists": {"artist": ARTIST}, "extraartists": {"artist": ARTIST}}
TRACK = {"position": "", "title": "", "duration": "", **CREDITS}
TRACK["sub_tracks"] = {"track": {"position": "", "title": "", "duration": "", **CREDITS}}
TAGS = {"genres": {"genre": ""}, "styles": {"style": ""}}
URLS = {"urls": {"url": ""}}
TREES = {
    "release": {
        **CREDITS,
        **TAGS,
        "images": {"image": {}},
        "title": "",
        "labels": {"label": {}},
        "formats": {"format": {"descriptions": {"description": ""}}},
        "country": "",
        "released": "",
        "notes": "",
        "data_quality": "",
        "master_id": "#",
        "tracklist": {"track": TRACK},
        "identifiers": {"identifier": {}},
        "videos": {"video": {"title": "", "description": ""}},
        "companies": {
            "company": {
                "id": "#",
                "name": "",
                "catno": "",
                "entity_type": "",
                "entity_type_name": "",
                "resource_url": "",
            }
        },
        "series": {"series": {}},
    },
    "master": {
        **TAGS,
        "artists": {"artist": ARTIST},
        "main_release": "#",
        "title": "",
        "year": "#",
        "notes": "",
        "data_quality": "",
        "videos": {"video": {"title": ""}},
    },
    "artist": {
        **URLS,
        "name": "",
        "realname": "",
        "profile": "",
        "data_quality": "",
        "images": {"image": {}},
        **{list_: {"name": ""} for list_ in ("aliases", "groups", "namevariations")},
        "members": {"id": "#", "name": ""},
    },
    "label": {
        **URLS,
        "name": "",
        "contactinfo": "",
        "profile": "",
        "parentLabel": "",
        "data_quality": "",
        "sublabels": {"label": ""},
    },
}
ATTRIBUTES = {
    "label": ("id#", "name", "catno"),
    "format": ("name", "qty", "text"),
    "master_id": ("is_main_release?",),
    "identifier": ("type", "value", "description"),
    "series": ("id#", "name", "catno"),
    "video": ("src", "duration#", "embed?"),
    "image": ("type", "uri", "uri150", "width#", "height#"),
    "parentLabel": ("id#",),
    "name": ("id#",),
}
PIECES = [
    "a",
    "Z9",
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "\r",
    "ö",
    "日本",
    "𝔘",
    "'",
    "]]",
    ">",
    '"',
    "x" * 40,
    "é" * 33,
    ";#",
]
CODED = [
    "&amp;",
    "&lt;",
    "&gt;",
    "&quot;",
    "&apos;",
    "&#13;",
    "&#10;",
    "&#9;",
    "&#32;",
    "&#246;",
    "&#x1D518;",
    "&#xe9;",
]


class World:
    """Writes records, each chance drawn from one generator; `oddity` is how often XML's rare forms are used."""

    def __init__(self, chance: random.Random, oddity: float) -> None:
        self.chance, self.oddity = chance, oddity

    def document(self, kind: str, records: int) -> str:
        body = "".join(self.blank() + self.record(kind, number + 1) for number in range(records))
        return f"<{kind}s>{body}{self.blank()}</{kind}s>"

    def record(self, kind: str, id_: int) -> str:
        in_element = kind in ("artist", "label")
        children = self.children(TREES[kind])
        if in_element:
            children.insert(self.chance.randrange(len(children) + 1), f"<id>{id_}</id>")
        if kind == "label":  # whose records begin with an element, as all real ones do
            children.insert(0, "<name>first</name>")
            return f"<label>{''.join(children)}</label>"
        attributes = "" if in_element else f" id={self.quoted(str(id_))}"
        status = f" status={self.quoted(self.value())}" if kind == "release" and self.chance.random() < 0.5 else ""
        return f"<{kind}{attributes}{status}{self.gap()}>{''.join(children)}{self.gap()}</{kind}>"

    def children(self, tree: dict) -> list[str]:
        chosen = [name for name in tree if self.chance.random() < 0.5]
        if self.rare():
            self.chance.shuffle(chosen)
        if self.rare() and chosen:
            chosen.append(self.chance.choice(chosen))
        parts = [self.element(name, tree[name]) for name in chosen for _ in range(self.times(name, tree[name]))]
        if self.rare():
            parts.insert(self.chance.randrange(len(parts) + 1), self.foreign())
        return [part + self.blank() for part in parts]

    def times(self, name: str, tree: object) -> int:
        return self.chance.randrange(3) if name.rstrip("s") != name or isinstance(tree, dict) else 1

    def element(self, name: str, tree: object) -> str:
        attributes = "".join(
            f"{self.gap()} {key.rstrip('#?')}{self.gap()}={self.quoted(self.valued(key))}"
            for key in ATTRIBUTES.get(name, ())
            if self.chance.random() < 0.8
        )
        if self.rare():
            attributes += f' new{self.chance.randrange(3)}="1"'
        if isinstance(tree, dict):
            content = self.blank() + "".join(self.children(tree))
        else:
            content = self.valued("#") if tree == "#" else self.text()
        if not content and self.chance.random() < 0.7:
            return f"<{name}{attributes}{self.gap()}/>"
        return f"<{name}{attributes}{self.gap()}>{content}</{name}{self.gap()}>"

    def valued(self, key: str) -> str:
        if key.endswith("#"):
            return self.chance.choice(["0", "1", "194", "2147483647", "2147483648", "x", "", " 7 ", "-1", "1.5", "٣"])
        return self.chance.choice(["true", "false", "", "yes"]) if key.endswith("?") else self.value()

    def value(self) -> str:
        pieces = [piece for piece in PIECES if piece not in ('"', "'")] + CODED
        return "".join(self.chance.choice(pieces) for _ in range(self.chance.randrange(4)))

    def text(self) -> str:
        pieces = PIECES + CODED if not self.rare() else [*PIECES, "<![CDATA[<&]]>", "<!-- no -->", "<?pi?>"]
        text = ""
        for _ in range(self.chance.randrange(5)):
            piece = self.chance.choice(pieces)
            text += f" {piece}" if text.endswith("]]") and piece == ">" else piece  # no text may hold ]]>
        return text

    def quoted(self, value: str) -> str:
        return f"'{value}'" if self.chance.random() < 0.3 else f'"{value}"'

    def foreign(self) -> str:
        odd = [
            "<novel/>",
            "<novel a='1'><title>no</title>t</novel>",
            "stray",
            "<!-- c -->",
            "<?p?>",
            "<images>t</images>",
        ]
        return self.chance.choice(odd)

    def blank(self) -> str:
        return self.chance.choice(["", "", "\n", "  ", "\r\n\t"])

    def gap(self) -> str:
        return self.chance.choice(["", "", "", " ", "\n "])

    def rare(self) -> bool:
        return self.chance.random() < self.oddity
