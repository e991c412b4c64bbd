"""Threads over compiled work that releases the GIL; results in order, whatever the number of threads."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pairmine.errors import UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")


def threads_or_default(threads: int | None) -> int:
    """Return the number of threads to use: as asked, else one a usable core.

    Raises:
        UsageError: less than one is asked for.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"--threads {threads}: give 1 or more, or leave it out for one a core")
    if hasattr(os, "sched_getaffinity"):
        return threads or len(os.sched_getaffinity(0))
    return threads or os.cpu_count() or 1


def in_order(function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None) -> Iterator[Result]:
    """Yield `function(item)` in the order of the items, `threads` at work, at most one more result waiting a thread.

    On an error or Ctrl-C what has not begun is dropped and what runs is waited for, so nothing writes afterwards.
    """
    workers = threads_or_default(threads)
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
