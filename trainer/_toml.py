"""Tables of TOML into frozen dataclasses: laid one over another, set key by key, every key and type checked."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from pairmine.errors import UsageError
from pairmine.registry import check_name

Table = dict[str, Any]


def merged(below: Table, above: Table) -> Table:
    """Lay one table over another; tables within are merged, all else is replaced."""
    both = {
        key: merged(below[key], above[key]) for key in below.keys() & above.keys() if _are_tables(below, above, key)
    }
    return below | above | both


def set_value(table: Table, setting: str) -> None:
    """Apply `key.key=value`; the value is TOML, or text where it is none."""
    path, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"--set {setting}: give KEY=VALUE, such as optimiser.lr=1e-4")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = path.split(".")
    place: Any = table
    for parent in parents:
        place = _inside(place, parent, setting)
    if isinstance(place, list):
        _inside(place, last, setting)
        place[int(last)] = value
    else:
        place[last] = value


def make(kind: Any, table: Mapping[str, Any], above: str, where: str) -> Any:
    """Build a dataclass from a table, every key and type checked."""
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: {above.rstrip('.')} is {table!r}, not a table")
    types = get_type_hints(kind)
    for key in table:
        check_name(f"setting (in {where}{', ' + above.rstrip('.') if above else ''})", key, types)
    values = {key: _value(types[key], value, f"{above}{key}", where) for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError:
        lacking = [f.name for f in fields(kind) if f.name not in values and _needed(f)]
        raise UsageError(f"{where}: {above}{lacking[0]} is missing: add it") from None


def leaves(table: Table, above: str = "") -> Iterable[tuple[str, list[Any]]]:
    """Yield every path with its values; tables of a list share a path."""
    for key, value in table.items():
        path = f"{above}{key}"
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                yield from leaves(each, f"{path}.")
        else:
            yield path, value if isinstance(value, list) else [value]


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    return [without_none(each) for each in value] if isinstance(value, list) else value


def _are_tables(below: Table, above: Table, key: str) -> bool:
    return isinstance(below[key], dict) and isinstance(above[key], dict)


def _inside(place: Any, name: str, setting: str) -> Any:
    """Step into a table, made where it is not there yet, or into the list of tasks or phases by number."""
    if isinstance(place, list):
        if not name.isdecimal() or int(name) >= len(place):
            raise UsageError(f"--set {setting}: number the {len(place)} tables from 0, such as tasks.0.weight=1")
        return place[int(name)]
    if not isinstance(place.setdefault(name, {}), (dict, list)):
        raise UsageError(f"--set {setting}: {name} is no table")
    return place[name]


def _needed(each: Any) -> bool:
    return type(each.default).__name__ == type(each.default_factory).__name__ == "_MISSING_TYPE"


def _value(kind: Any, value: Any, path: str, where: str) -> Any:
    if NoneType in get_args(kind):
        [kind] = [each for each in get_args(kind) if each is not NoneType]
    if is_dataclass(kind):
        return make(kind, value, f"{path}.", where)
    if get_origin(kind) is list:
        [inner] = get_args(kind)
        if isinstance(value, list):
            return [_value(inner, each, path, where) for each in value]
    elif get_origin(kind) is dict:
        if isinstance(value, dict):
            return value
    elif kind is float and type(value) in (int, float):
        return float(value)
    elif type(value) is kind:
        return value
    raise UsageError(f"{where}: {path} is {value!r}: give {getattr(kind, '__name__', kind)}")
