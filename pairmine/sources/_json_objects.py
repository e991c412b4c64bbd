"""Values of JSON objects, held to the type that their field asks for."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._records import Reject

MOST = 2**31 - 1


class Record:
    """One JSON object of a file: its values, and where to tell what is wrong with them."""

    def __init__(self, unit: str, offset: int, text: bytes, reject: Callable[[Reject], None]) -> None:
        self.unit, self.offset, self.text, self._reject = unit, offset, text, reject
        self.values: dict[str, Any] = {}

    def read(self) -> bool:
        """Decode it; False if it is no object, which is told."""
        try:
            values = orjson.loads(self.text)
        except orjson.JSONDecodeError as error:
            self.refuse(str(error))
            return False
        if not isinstance(values, dict):
            self.refuse("expected an object")
            return False
        self.values = values
        return True

    def refuse(self, reason: str, unit: str | None = None) -> None:
        """Tell that the record, or a part of it, is not taken."""
        self._reject(Reject(unit or self.unit, self.offset, reason, excerpt(self.text[:EXCERPT_BYTES])))

    def text_of(self, key: str) -> str | None:
        """Return a text; one of another type is told and left out."""
        text: str | None = self._checked(key, str, "expected a text")
        return text

    def list_of(self, key: str) -> list[Any]:
        """Return a list, an empty one if there is none; a value of another type is told and left out."""
        values: list[Any] = self._checked(key, list, "expected a list") or []
        return values

    def number_of(self, key: str) -> int | None:
        """Return a whole number from 0 to 2³¹ − 1; any other is told and left out."""
        value = self._checked(key, int, "expected a whole number")
        if value is None or (0 <= value <= MOST and value is not True and value is not False):
            return value
        self.refuse(f"{key}: expected a whole number from 0 to {MOST}", "fields")
        return None

    def texts_of(self, key: str) -> list[str]:
        """Return the texts of a list without the empty ones; values of other types are told and left out."""
        values = self.list_of(key)
        if not all(isinstance(value, str) for value in values):
            self.refuse(f"{key}: expected texts", "fields")
        return [value for value in values if isinstance(value, str) and value]

    def time_of(self, key: str) -> datetime | None:
        """Return a time in UTC, without zone; what is no ISO 8601 time is told and left out."""
        text = self.text_of(key)
        if not text:
            return None
        try:
            time = datetime.fromisoformat(text)
            return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
        except (ValueError, OverflowError):
            self.refuse(f"{key}: expected a time like 2005-11-30T00:00:00", "fields")
            return None

    def _checked(self, key: str, type_: type, expected: str) -> Any:
        value = self.values.get(key)
        if value is None or isinstance(value, type_):
            return value
        self.refuse(f"{key}: {expected}", "fields")
        return None


def key_of(value: Any) -> str | None:
    """Return an id (a text, or a whole number) as a key, None for anything else and for an empty text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value) or None
