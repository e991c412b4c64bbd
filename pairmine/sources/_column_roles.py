"""Which column of a table plays which role: as the options name them, else guessed from the header or the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pairmine.errors import InputError, UsageError


@dataclass(frozen=True)
class Role:
    """What a column may be for: the names it goes by (letters and digits only), and whether a table must have it.

    Where several columns are named so, the first of these names that says something counts, row by row. A role that
    a table must have may be left to others: a track goes by title and artist.
    """

    names: tuple[str, ...]
    required: bool = False
    instead: tuple[str, ...] = ()


_OTHERS_SHOWN = 8
_NEARLY_ALL = 0.95
_FEWEST_BELOW = 2  # rows that tell by their digits whether the one above them is a header

Roles = Mapping[str, Role]
Named = Mapping[str, str | None]


@dataclass(frozen=True)
class Columns:
    """Places of the columns from 0 by role, the first that says something counts; the header, and how many there are.

    `size` may be left out where there is a header.
    """

    places: dict[str, list[int]]
    header: tuple[str, ...] | None
    size: int = 0

    def __str__(self) -> str:
        def shown(place: int) -> str:
            return self.header[place] if self.header else f"column {place + 1}"

        told = ", ".join(f"{role} = {' or '.join(map(shown, places))}" for role, places in self.places.items())
        used = {place for places in self.places.values() for place in places}
        others = [shown(place) for place in range(len(self.header or ()) or self.size) if place not in used]
        more = f" and {len(others) - _OTHERS_SHOWN} more" if len(others) > _OTHERS_SHOWN else ""
        rest = f"; not used: {', '.join(others[:_OTHERS_SHOWN])}{more}" if others else ""
        return f"{'a header' if self.header else 'no header'}; {told}{rest}"


def without_count(roles: Roles, count: str | None, no_count: bool) -> Roles:
    """Return the roles, that of counts left out where `--no-count` says so.

    Raises:
        UsageError: an option names the column of counts all the same.
    """
    if no_count and count is not None:
        raise UsageError(f"--count {count} and --no-count: give one of them")
    return {role: wanted for role, wanted in roles.items() if not (no_count and role == "count")}


def of_header(file: str, header: Sequence[str], roles: Roles, named: Named) -> Columns:
    """Return the columns of a table with a header.

    Raises:
        UsageError: an option names a column that is not there.
        InputError: a column that must be there is not found.
    """
    places = _by_name(header, roles, named)
    for role, name in named.items():
        if name is not None and role not in places:
            raise UsageError(f"{file}: there is no column {name!r} among {', '.join(header)}")
    missing = [role for role in roles if not _is_there(role, roles, places)]
    if missing:
        which = f"which column is the {missing[0]}? name it" if len(missing) == 1 else "its header tells no roles: name"
        options = " and ".join(f"--{role.replace('_', '-')}" for role in missing)
        with_options = f"with {options}" if len(missing) == 1 else f"the columns with {options}"
        raise InputError(f"{file}: {which} {with_options}; there are: {', '.join(header)}")
    return Columns({role: places[role] for role in roles if role in places}, tuple(header))


def guess(file: str, rows: Sequence[Sequence[str]], roles: Roles, named: Named) -> Columns:
    """Return the columns of a table of which these are the first rows.

    The first row is a header if it names every column that must be there, if an option names one of its cells,
    if a column is of numbers only but for its first cell, or if none of its cells occurs again and a column has digits
    nearly everywhere but there. Without a header the columns stand in the order of the roles, or where the options
    say (1, 2, …); those of a header never go by their order.

    Raises:
        UsageError: an option names a column that is not there.
        InputError: a column that must be there is not found.
    """
    first = [cell.strip() for cell in rows[0]]
    # An option that is a number tells nothing of a header.
    by_name = _by_name(first, roles, {role: name for role, name in named.items() if name is None or name in first})
    required = [role for role, wanted in roles.items() if wanted.required]
    if all(_is_there(role, roles, by_name) for role in roles) or any(name in first for name in named.values()):
        return of_header(file, first, roles, named)
    if _numbers_below_text(rows) or _digits_below_words(rows):
        return of_header(file, first, roles, named)
    return Columns(_by_order(file, rows, required, roles, named), None, len(first))


def _by_name(header: Sequence[str], roles: Roles, named: Named) -> dict[str, list[int]]:
    """Return the places of the roles whose column is named, by an option or by one of their usual names."""
    plain = ["".join(filter(str.isalnum, cell.lower())) for cell in header]
    places = {role: _named_place(header, name) for role, name in named.items() if name is not None}
    chosen = [place for found in places.values() for place in found]
    for role, wanted in roles.items():
        if role not in places:
            guessed = [plain.index(known) for known in wanted.names if known in plain]
            places[role] = [place for place in guessed if place not in chosen]
    return {role: found for role, found in places.items() if found}


def _is_there(role: str, roles: Roles, places: Mapping[str, list[int]]) -> bool:
    wanted = roles[role]
    stands_in = bool(wanted.instead) and all(other in places for other in wanted.instead)
    return not wanted.required or role in places or stands_in


def _named_place(header: Sequence[str], name: str) -> list[int]:
    return [list(header).index(name)] if name in header else _number(name, len(header))


def _number(name: str, columns: int) -> list[int]:
    """Return the place of a column that is named by its number."""
    return [int(name) - 1] if name.isdecimal() and 1 <= int(name) <= columns else []


def _by_order(
    file: str, rows: Sequence[Sequence[str]], required: Sequence[str], roles: Roles, named: Named
) -> dict[str, list[int]]:
    """Return the required columns, and the count behind them if it looks like one, where no header tells."""
    columns = len(rows[0])
    given = {role: _number(name, columns) for role, name in named.items() if name is not None}
    for role, places in given.items():
        if not places:
            raise UsageError(f"{file} has no header: --{role.replace('_', '-')} takes a number from 1 to {columns}")
    free = (place for place in range(columns) if [place] not in given.values())
    for role in required:
        if role not in given:
            given[role] = list(islice(free, 1))
        if not given[role]:
            raise InputError(f"{file}: has {columns} column only, where {' and '.join(required)} are needed")
    place = next(free, None)
    if len(given) == len(required) and place is not None:
        numbers = sum(_is_number(row[place]) for row in rows if len(row) == columns)
        given |= {"count": [place]} if 2 * numbers > len(rows) else {}
    return {role: given[role] for role in roles if role in given}


def _numbers_below_text(rows: Sequence[Sequence[str]]) -> bool:
    below = [row for row in rows[1:] if len(row) == len(rows[0])]
    return any(
        not _is_number(cell) and below and all(_is_number(row[place]) for row in below)
        for place, cell in enumerate(rows[0])
    )


def _digits_below_words(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the cells of the first row occur once only, and one lacks the digits of those below it."""
    below = [row for row in rows[1:] if len(row) == len(rows[0])]
    again = {cell for row in below for cell in row}
    if len(below) < _FEWEST_BELOW or not again.isdisjoint(rows[0]):
        return False
    return any(
        not _has_digit(cell) and sum(_has_digit(row[place]) for row in below) >= _NEARLY_ALL * len(below)
        for place, cell in enumerate(rows[0])
    )


def _has_digit(cell: str) -> bool:
    return any(character.isdecimal() for character in cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
