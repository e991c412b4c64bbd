"""Batches made ahead in a background thread."""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

from trainer.data import Batches, Streams

PREFETCHED = 3


class Loader:
    """Batches of an epoch from `first` on, made ahead in a background thread; one of every stream at a time.

    Attributes:
        waited_s: seconds the caller spent waiting.
    """

    def __init__(self, streams: Streams, rank: int = 0, ranks: int = 1, pin: bool = False):
        self.streams, self.rank, self.ranks, self.pin = streams, rank, ranks, pin
        self.waited_s = 0.0

    def epoch(self, epoch: int, first: int, last: int) -> Iterator[tuple[int, Batches]]:
        """Yield (number, batches) for the numbers first … last - 1 of an epoch."""
        ready: queue.Queue[Any] = queue.Queue(PREFETCHED)
        stopped = threading.Event()
        arguments = (ready, stopped, epoch, range(first, last))
        worker = threading.Thread(target=self._fill, args=arguments, name="loader", daemon=True)
        worker.start()
        try:
            for number in range(first, last):
                began = time.perf_counter()
                found = ready.get()
                self.waited_s += time.perf_counter() - began
                if isinstance(found, BaseException):
                    raise found
                yield number, found
        finally:
            stopped.set()
            while worker.is_alive():
                _empty(ready)
                worker.join(0.01)

    def _fill(self, ready: "queue.Queue[Any]", stopped: threading.Event, epoch: int, numbers: range) -> None:
        try:
            for number in numbers:
                if stopped.is_set():
                    return
                batches = {roles: s.get(epoch, number, self.rank, self.ranks) for roles, s in self.streams.items()}
                ready.put({roles: batch.pinned() for roles, batch in batches.items()} if self.pin else batches)
        except BaseException as error:  # whatever it is, the caller has to see it
            ready.put(error)


def _empty(ready: "queue.Queue[Any]") -> None:
    while not ready.empty():
        ready.get()
