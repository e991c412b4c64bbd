"""Losses on two ranks: with global negatives, loss and gradient of one rank with the whole batch."""

import inspect
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from pairmine.testing import arguments
from trainer import registry

LOSSES = [name for name in registry.names("losses") if "negatives" in inspect.signature(registry.loss(name)).parameters]
CASES = [(name, optional) for name in LOSSES for optional in (False, True)]
RANKS = 2


class System(nn.Module):
    """One linear map before a loss, so that gradients pass through the embeddings into parameters."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.encoder = nn.Linear(arguments.SIZES["D"], arguments.SIZES["D"], dtype=torch.float64)

    def forward(self, name: str, given: dict[str, Tensor], negatives: str) -> Tensor:
        embedded = {p: self.encoder(tensor) if p.endswith("D") else tensor for p, tensor in given.items()}
        return registry.loss(name)(**embedded, negatives=negatives)


def share(given: dict[str, Tensor], rank: int) -> dict[str, Tensor]:
    """Return the rows of a rank."""
    axes = {p: arguments.by_row(p) for p in given}
    return {p: t if axes[p] is None else t.chunk(RANKS, axes[p])[rank] for p, t in given.items()}


def measured(system: nn.Module, name: str, given: dict[str, Tensor], negatives: str) -> list[Tensor]:
    system.zero_grad()
    loss = system(name, given, negatives)
    loss.backward()
    return [loss.detach(), *(parameter.grad.clone() for parameter in system.parameters())]


def work(rank: int, meeting: str, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=RANKS)
    system = DistributedDataParallel(System())
    found = {}
    for name, optional in CASES:
        given = share(arguments.tensors(registry.loss(name), optional=optional), rank)
        for negatives in ("local", "global"):
            found[f"{name} {optional} {negatives}"] = measured(system, name, given, negatives)
    torch.save(found, Path(folder) / f"{rank}.pt")
    dist.barrier()  # as in `trainer.ranks`
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory) -> list[dict[str, list[Tensor]]]:
    folder = tmp_path_factory.mktemp("ranks")
    mp.spawn(work, (f"file://{folder}/meeting", str(folder)), nprocs=RANKS)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(RANKS)]


@pytest.mark.parametrize(("name", "optional"), CASES)
def test_global_negatives_make_many_ranks_one(ranks, name, optional) -> None:
    loss, *gradients = measured(System(), name, arguments.tensors(registry.loss(name), optional=optional), "global")
    found = [rank[f"{name} {optional} global"] for rank in ranks]
    torch.testing.assert_close(sum(rank[0] for rank in found) / RANKS, loss, rtol=1e-12, atol=1e-12)
    for rank in found:
        torch.testing.assert_close(rank[1:], gradients, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "optional"), CASES)
def test_local_negatives_stay_on_their_rank(ranks, name, optional) -> None:
    given = arguments.tensors(registry.loss(name), optional=optional)
    alone = [measured(System(), name, share(given, rank), "local") for rank in range(RANKS)]
    for rank in range(RANKS):
        torch.testing.assert_close(ranks[rank][f"{name} {optional} local"][0], alone[rank][0])
    mean = [sum(parts) / RANKS for parts in zip(*(rank[1:] for rank in alone), strict=True)]
    torch.testing.assert_close(ranks[0][f"{name} {optional} local"][1:], mean)
