"""The loader for PyTorch gives what `Batches` gives, by any number of workers and ranks, and resumes where it stood."""

from functools import partial

import pytest
import torch

from pairmine.shards import Batch, Batches, Reader
from pairmine.shards.torch import PairLoader


def doubled(batch: Batch, factor: int) -> dict:
    return {"ids": factor * torch.from_numpy(batch.anchor), "number": batch.number}


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_give_the_batches_in_their_order(sets, workers) -> None:
    reader = Reader(sets["labels"])
    loader = PairLoader(reader, 10, num_workers=workers, seed=2)
    batches = Batches(reader, 10, seed=2)
    for _ in range(3):
        assert len(loader) == 4
        found = list(loader)
        for theirs, ours in zip(found, batches, strict=True):
            assert theirs["anchor"].tolist() == ours.anchor.tolist() and theirs["anchor"].dtype == torch.int32
            assert theirs["weights"].tolist() == ours.weights.tolist() and theirs["number"] == ours.number
            assert "negative" not in theirs


def test_it_resumes_at_what_the_loop_had_and_not_at_what_workers_had_made(sets) -> None:
    options = {"make": partial(doubled, factor=2), "num_workers": 2, "prefetch_factor": 4}
    whole = [batch["ids"].tolist() for loader in [PairLoader(Reader(sets["pairs"]), 8, **options)] for batch in loader]
    loader = PairLoader(Reader(sets["pairs"]), 8, **options)
    for batch in loader:
        if batch["number"] == 2:
            break
    state = loader.state_dict()
    assert (state["epoch"], state["batch"]) == (0, 3)
    resumed = PairLoader(Reader(sets["pairs"]), 8, make=options["make"])
    resumed.load_state_dict(state)
    assert [batch["ids"].tolist() for batch in resumed] == whole[3:]
    assert resumed.state_dict()["epoch"] == 1 and [batch["ids"].tolist() for batch in loader] == whole[3:]


def test_under_torchrun_ranks_share_the_batches(sets, monkeypatch) -> None:
    whole = [batch["anchor"].tolist() for batch in PairLoader(Reader(sets["pairs"]), 8)]
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in range(2):
        monkeypatch.setenv("RANK", str(rank))
        assert [b["anchor"].tolist() for b in PairLoader(Reader(sets["pairs"]), 8)] == [ids[rank::2] for ids in whole]


def test_where_torch_distributed_runs_it_is_asked_for_the_rank(sets, monkeypatch) -> None:
    whole = [batch.anchor.tolist() for batch in Batches(Reader(sets["pairs"]), 12)]
    monkeypatch.setenv("WORLD_SIZE", "1")
    for rank in range(2):
        for name, value in {"is_initialized": True, "get_rank": rank, "get_world_size": 2}.items():
            monkeypatch.setattr(torch.distributed, name, lambda value=value: value)
        assert [b["anchor"].tolist() for b in PairLoader(Reader(sets["pairs"]), 12)] == [ids[rank::2] for ids in whole]
