"""What the tables of a dump must hold, by plain ElementTree: element by element, no map."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
BLANKS = " \t\r\n"


def text_of(element: ET.Element) -> str | None:
    """Return all text that stands directly in an element."""
    whole = (element.text or "") + "".join(child.tail or "" for child in element)
    return whole.strip(BLANKS) or None


def child(element: ET.Element, name: str) -> str | None:
    """Return the text of the first child of that name that has one."""
    return next((text for each in element.findall(name) if (text := text_of(each))), None)


def attribute(element: ET.Element, name: str) -> str | None:
    return (element.get(name) or "").strip(BLANKS) or None


def number(text: str | None, zero: int | None = 0) -> int | None:
    if text is None or not re.fullmatch("[0-9]+", text) or int(text) > 2**31 - 1:
        return None
    return int(text) or zero


def inside(element: ET.Element, *path: str) -> Iterator[ET.Element]:
    """Yield the descendants along a path of names."""
    if not path:
        yield element
        return
    for each in element.findall(path[0]):
        yield from inside(each, *path[1:])


class Record:
    """One record's rows; a row's place is how many its table has of this record."""

    def __init__(self, key: str, id_: int) -> None:
        self.key, self.id = key, id_
        self.tables: Tables = defaultdict(list)

    def add(self, table: str, **columns: Any) -> int:
        rows = self.tables[f"dump_{table}"]
        rows.append({self.key: self.id, "place": len(rows), **columns})
        return len(rows) - 1


def named(element: ET.Element) -> Row:
    return {"artist": number(child(element, "id")), "name": child(element, "name"), "anv": child(element, "anv")}


def release(e: ET.Element) -> Tables:
    id_ = number(attribute(e, "id"))
    assert id_
    record = Record("release", id_)
    is_main = next((v for m in e.findall("master_id") if (v := attribute(m, "is_main_release"))), None)
    record.tables["dump_releases"] = [
        {
            "release": id_,
            "status": attribute(e, "status"),
            **{name: child(e, name) for name in ("title", "country", "released", "notes", "data_quality")},
            "master": number(child(e, "master_id"), None),
            "main_release": {"true": True, "false": False}.get(is_main or ""),
        }
    ]
    for a in inside(e, "artists", "artist"):
        record.add("release_artists", **named(a), join=child(a, "join"))
    for x in inside(e, "labels", "label"):
        record.add(
            "release_labels", label=number(attribute(x, "id")), name=attribute(x, "name"), catno=attribute(x, "catno")
        )
    for x in inside(e, "formats", "format"):
        descriptions = [text for d in inside(x, "descriptions", "description") if (text := text_of(d))]
        columns = {name: attribute(x, name) for name in ("name", "qty", "text")}
        record.add("release_formats", **columns, descriptions=descriptions)
    for part in e:  # genres and styles, credits and tracks, in the order in which they stand
        for kind in ("genre", "style"):
            if part.tag == f"{kind}s":
                for x in part.findall(kind):
                    record.add("release_tags", kind=kind, tag=text_of(x))
        if part.tag == "extraartists":
            credits(record, part, None)
        if part.tag == "tracklist":
            for x in part.findall("track"):
                track(record, x, None)
    for x in inside(e, "identifiers", "identifier"):
        record.add("identifiers", **{name: attribute(x, name) for name in ("type", "value", "description")})
    for x in inside(e, "companies", "company"):
        columns = {"name": child(x, "name"), "catno": child(x, "catno"), "role": child(x, "entity_type_name")}
        record.add("companies", company=number(child(x, "id")), **columns)
    for x in inside(e, "series", "series"):
        columns = {"name": attribute(x, "name"), "number": attribute(x, "catno")}
        record.add("series", series=number(attribute(x, "id")), **columns)
    for x in inside(e, "videos", "video"):
        columns = {"title": child(x, "title"), "description": child(x, "description")}
        record.add("videos", url=attribute(x, "src"), duration_s=number(attribute(x, "duration")), **columns)
    return record.tables


def credits(record: Record, element: ET.Element, place: int | None) -> None:
    for a in element.findall("artist"):
        record.add("credits", track=place, **named(a), role=child(a, "role"), tracks=child(a, "tracks"))


def track(record: Record, e: ET.Element, parent: int | None) -> None:
    texts = {name: child(e, name) for name in ("position", "title", "duration")}
    place = record.add("tracks", parent=parent, index=any(True for _ in inside(e, "sub_tracks", "track")), **texts)
    for part in e:
        if part.tag == "artists":
            for a in part.findall("artist"):
                record.add("track_artists", track=place, **named(a), join=child(a, "join"))
        if part.tag == "extraartists":
            credits(record, part, place)
        if part.tag == "sub_tracks":
            for each in part.findall("track"):
                track(record, each, place)


def master(e: ET.Element) -> Tables:
    id_ = number(attribute(e, "id"))
    assert id_
    record = Record("master", id_)
    record.tables["dump_masters"] = [
        {
            "master": id_,
            **{name: child(e, name) for name in ("title", "notes", "data_quality")},
            "main_release": number(child(e, "main_release")),
            "year": number(child(e, "year"), None),
        }
    ]
    for a in inside(e, "artists", "artist"):
        record.add("master_artists", **named(a), join=child(a, "join"))
    for part in e:
        for kind in ("genre", "style"):
            if part.tag == f"{kind}s":
                for x in part.findall(kind):
                    record.add("master_tags", kind=kind, tag=text_of(x))
    return record.tables


def artist(e: ET.Element) -> Tables:
    id_ = number(child(e, "id"))
    assert id_
    record = Record("artist", id_)
    texts = {name: child(e, name) for name in ("name", "realname", "profile", "data_quality")}
    record.tables["dump_artists"] = [{"artist": id_, **texts}]
    kinds = {"aliases": "alias", "groups": "group", "members": "member"}
    for part in e:
        if part.tag in kinds:
            for x in part.findall("name"):
                other = number(attribute(x, "id"))
                record.add("artist_relations", kind=kinds[part.tag], other=other, name=text_of(x))
        if part.tag == "namevariations":
            for x in part.findall("name"):
                record.add("artist_relations", kind="namevariation", other=None, name=text_of(x))
        urls(record, part, "artist_relations")
    return record.tables


def label(e: ET.Element) -> Tables:
    id_ = number(child(e, "id"))
    assert id_
    record = Record("label", id_)
    texts = {name: child(e, name) for name in ("name", "contactinfo", "profile", "data_quality")}
    parents = (number(attribute(p, "id")) for p in e.findall("parentLabel") if attribute(p, "id"))
    record.tables["dump_labels"] = [{"label": id_, "parent": next(parents, None), **texts}]
    for part in e:
        if part.tag == "sublabels":
            for x in part.findall("label"):
                other = number(attribute(x, "id"))
                record.add("label_relations", kind="sublabel", other=other, name=text_of(x))
        urls(record, part, "label_relations")
    return record.tables


def urls(record: Record, part: ET.Element, table: str) -> None:
    if part.tag == "urls":
        for x in part.findall("url"):
            record.add(table, kind="url", other=None, name=text_of(x))


READERS = {"release": release, "master": master, "artist": artist, "label": label}


def read(data: bytes) -> Tables:
    """Return the rows of all tables of one file, in document order, as dicts."""
    root = ET.fromstring(data)
    records = [root] if root.tag in READERS else list(root)
    tables: Tables = defaultdict(list)
    for record in records:
        for name, rows in READERS[record.tag](record).items():
            tables[name] += rows
    return dict(tables)
