"""Graphs that NetworkX reads (GraphML, GEXF, GML), and its node-link JSON, as rows of edges and tracks' names."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from pairmine.errors import InputError, shown
from pairmine.sources._blocks import opened
from pairmine.sources._rows import Rows, clean

SUFFIXES = (".graphml", ".gexf", ".gml", ".json")
_COUNTS = ("count", "weight")
_TITLES, _ARTISTS = ("title", "label", "name"), ("artist", "artist_name")
_Attributes = Mapping[str, Any]


class GraphRows(NamedTuple):
    """Edges numbered from 1 in the order of the file, and the nodes' ids with title and artist ("" for none)."""

    edges: Rows
    nodes: dict[str, pa.Array]


def is_graph(name: str) -> bool:
    """Return whether a file is called like a graph."""
    return name.lower().removesuffix(".gz").removesuffix(".zst").endswith(SUFFIXES)


def read(path: Path) -> GraphRows:
    """Read a graph into memory, as NetworkX does anyway.

    Raises:
        InputError: the file is damaged, or no graph.
    """
    data = _content(path)
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    try:
        edges, nodes = _node_link(data) if name.endswith(".json") else _by_networkx(data, name)
    except Exception as error:  # NetworkX and its XML parser raise errors of any class
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{shown(path)}: no graph that can be read ({reason}): check the file") from None
    return GraphRows(_edge_rows(edges), _node_columns(nodes))


def _content(path: Path) -> bytes:
    parts = []
    with opened(path) as blocks:
        while not blocks.finished:
            blocks.extend()
            parts.append(blocks.buffer[blocks.start : blocks.end].tobytes())
            blocks.start = blocks.end
        if blocks.damage:
            raise InputError(f"{shown(path)}: damaged ({blocks.damage}): get the file anew")
    return b"".join(parts)


def _by_networkx(data: bytes, name: str) -> tuple[list[tuple[Any, Any, _Attributes]], list[tuple[Any, _Attributes]]]:
    import networkx

    file = io.BytesIO(data)
    if name.endswith(".graphml"):
        graph = networkx.read_graphml(file)
    elif name.endswith(".gexf"):
        graph = networkx.read_gexf(file)
    else:
        graph = networkx.parse_gml(data.decode(), label=None)
    return list(graph.edges(data=True)), list(graph.nodes(data=True))


def _node_link(data: bytes) -> tuple[list[tuple[Any, Any, _Attributes]], list[tuple[Any, _Attributes]]]:
    """Return a node-link document's edges as they stand there: NetworkX gives up at the first bad one."""
    document = orjson.loads(data)
    links = document.get("edges", document.get("links")) if isinstance(document, dict) else None
    if not isinstance(links, list):
        raise ValueError("expected node-link JSON with a list of `edges` or `links`")
    edges = [link if isinstance(link, dict) else {} for link in links]
    nodes = [node for node in document.get("nodes", []) if isinstance(node, dict)]
    return [(e.get("source"), e.get("target"), e) for e in edges], [(node.get("id"), node) for node in nodes]


def _edge_rows(edges: list[tuple[Any, Any, _Attributes]]) -> Rows:
    columns = {
        "track_a": _strings(a for a, _, _ in edges),
        "track_b": _strings(b for _, b, _ in edges),
        "count": _strings(_first(attributes, _COUNTS, 1) for _, _, attributes in edges),
    }
    return Rows(columns, np.arange(1, len(edges) + 1), len(edges))


def _node_columns(nodes: list[tuple[Any, _Attributes]]) -> dict[str, pa.Array]:
    return {
        "track": _strings(node for node, _ in nodes),
        "title": _strings(_first(attributes, _TITLES, "") for _, attributes in nodes),
        "artist": _strings(_first(attributes, _ARTISTS, "") for _, attributes in nodes),
    }


def _first(attributes: _Attributes, names: Iterable[str], default: Any) -> Any:
    return next((attributes[name] for name in names if name in attributes), default)


def _strings(values: Iterable[Any]) -> pa.Array:
    """Return ids and attributes as texts: numbers as written, anything else is none."""
    return clean(pa.array([_string(value) for value in values], pa.string()))


def _string(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
