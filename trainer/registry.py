"""Networks and objectives by name: one file each, found by folder scan."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from pairmine import registry


def names(folder: str) -> list[str]:
    """Names of all members of `encoders`, `projectors` or `losses`, sorted."""
    return registry.names(folder, "trainer")


def network(folder: str, name: str) -> type[nn.Module]:
    """Return the one public class of a file in `encoders` or `projectors`.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    module = registry.load(folder, name, "trainer")
    found: list[type[nn.Module]] = [value for value in vars(module).values() if _is_public_network(value, module)]
    [only] = found
    return only


def build(folder: str, name: str, **options: Any) -> nn.Module:
    """Build a network with its paper's options but for those given.

    Raises:
        UsageError: there is none of that name, or it has no such option; the message suggests the nearest.
    """
    found = network(folder, name)
    for option in options:
        registry.check_name(f"option of {name}", option, inspect.signature(found).parameters)
    return found(**options)


def loss(name: str) -> Callable[..., Tensor]:
    """Return the function of a file in `losses`.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    found: Callable[..., Tensor] = getattr(registry.load("losses", name, "trainer"), name.replace("-", "_"))
    return found


def _is_public_network(value: object, module: ModuleType) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    )
