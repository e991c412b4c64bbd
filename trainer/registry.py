"""Networks and objectives by name: one file each, found by folder scan, or somebody else's.

Somebody else's are named `module:Member`, or by the name of an entry point in the group `pairmine.encoders`,
`pairmine.projectors`, `pairmine.losses`, `pairmine.frontends` or `pairmine.evaluations` of an installed package. Our
own files come first. `pairmine.testing` has the tests they must pass.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from pairmine import registry
from pairmine.errors import UsageError


def names(folder: str) -> list[str]:
    """Names of all members of `encoders`, `losses`, …: our own, then those of entry points, sorted."""
    own = registry.names(folder, "trainer")
    return own + sorted(_plugins(folder).keys() - set(own))


def network(folder: str, name: str) -> type[nn.Module]:
    """Return a class of `encoders`, `projectors` or `frontends`: the one public class of its file, or somebody else's.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    if (plugin := _plugin(folder, name)) is not None:
        theirs: type[nn.Module] = _loaded(plugin)
        if not (isinstance(theirs, type) and issubclass(theirs, nn.Module)):  # a checkpoint may name what it likes
            raise UsageError(f"{plugin.value} is no class of torch modules: name it as module:Member")
        return theirs
    module = registry.load(folder, name, "trainer")
    found: list[type[nn.Module]] = [value for value in vars(module).values() if _is_public_network(value, module)]
    [only] = found
    return only


def build(folder: str, name: str, **options: Any) -> nn.Module:
    """Build a network with its paper's options but for those given.

    Raises:
        UsageError: there is none of that name, it has no such option (the message suggests the nearest), or one of its
            options has no default and is not given.
    """
    found = network(folder, name)
    parameters = inspect.signature(found).parameters
    for option in options:
        registry.check_name(f"option of {name}", option, parameters)
    lacking = [option for option in parameters if option not in options and _is_needed(parameters[option])]
    if lacking:
        raise UsageError(
            f"{name} cannot be built without {', '.join(lacking)}: give its options, such as --set "
            f"{registry.singular(folder)}.options.{lacking[0]}=…, or defaults in the class"
        )
    return found(**options)


def loss(name: str) -> Callable[..., Tensor]:
    """Return an objective: the function that bears the name of its file in `losses`, or somebody else's.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    if (plugin := _plugin("losses", name)) is not None:
        theirs: Callable[..., Tensor] = _function(plugin)
        return theirs
    found: Callable[..., Tensor] = getattr(registry.load("losses", name, "trainer"), name.replace("-", "_"))
    return found


def evaluation(name: str) -> Callable[..., Any]:
    """Return what prepares an evaluation: the `prepare` of its file in `evaluations`, or somebody else's.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    if (plugin := _plugin("evaluations", name)) is not None:
        theirs: Callable[..., Any] = _function(plugin)
        return theirs
    found: Callable[..., Any] = registry.load("evaluations", name, "trainer").prepare
    return found


def _plugins(folder: str) -> dict[str, EntryPoint]:
    return {plugin.name: plugin for plugin in entry_points(group=f"pairmine.{folder}")}


def _plugin(folder: str, name: str) -> EntryPoint | None:
    """Return where somebody else's member is; None if the name is one of ours."""
    if ":" in name:
        return EntryPoint(name, name, f"pairmine.{folder}")
    own = registry.names(folder, "trainer")
    plugins = {} if name in own else _plugins(folder)
    registry.check_name(registry.singular(folder), name, [*own, *plugins])
    return plugins.get(name)


def _loaded(plugin: EntryPoint) -> Any:
    try:
        return plugin.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise UsageError(
            f"{plugin.value} cannot be imported ({error}): name it as module:Member, "
            "of an installed package or a folder in PYTHONPATH"
        ) from error


def _function(plugin: EntryPoint) -> Callable[..., Any]:
    member: Callable[..., Any] = _loaded(plugin)
    if not callable(member) or isinstance(member, type):
        raise UsageError(f"{plugin.value} is a {type(member).__name__}, not a function: name it as module:Member")
    return member


def _is_needed(parameter: inspect.Parameter) -> bool:
    is_one = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return is_one and parameter.default is parameter.empty


def _is_public_network(value: object, module: ModuleType) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    )
