"""Co-listen link prediction (colisten-2020, section 4.2): do listeners' links show in the similarity of audio?"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
import typer

from pairmine import seeding
from pairmine.errors import InputError, shown
from pairmine.registry import check_name
from trainer.annotations import colisten_graph
from trainer.annotations.colisten_graph import Graph
from trainer.evaluations import Evaluation, System, _finite
from trainer.metrics.link_prediction import chance, link_prediction
from trainer.metrics.neighbours import unit
from trainer.metrics.score import Score, resample
from trainer.systems.wmf import Wmf

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

LEAST = 5  # edges of a sample
SAMPLES = 2
RANDOM_AP_OF_PAPER = 0.0008
DIM = 128  # of random vectors


def prepare(
    data: Path,
    *,
    sample: Annotated[int, typer.Option(min=LEAST, help="Held-out edges of each of the two samples.")] = 1250,
    split: Annotated[str, typer.Option(help="Edges, or tracks, of which split: test or valid.")] = "test",
    wmf: Annotated[
        bool, typer.Option("--wmf/--no-wmf", help="Put the WMF of the whole graph beside the systems, an upper bound.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Names the random samples.")] = 0,
) -> Evaluation:
    """`pairmine evaluate colisten --data workspace/catalogue/listens --checkpoint hybrid-resnet18`

    Read a co-listen graph out of the catalogue. Two disjoint samples of held-out edges, no two of which share a
    recording, are looked for among all pairs of a sample's recordings, by the cosine of mean vectors: average precision
    and ROC-AUC. Other edges of the graph are left out of the ranking.

    Edges are held out before the pairs are built: `pairmine split listens --by edge --fractions 0.9,0,0.1`, or by
    `pairmine split listens` and `build-pairs --split train`.
    """
    check_name("split", split, ("test", "valid"))
    graph = colisten_graph.read(data, split=split)
    found = Colisten(f"colisten-2020, {graph.source.name}", (), (), graph=graph, wmf=wmf, seed=seed)
    chosen_E2 = _apart(graph.held_out_H2, SAMPLES * sample, seeding.stream(seed, "colisten"))
    size = len(chosen_E2) // SAMPLES
    # dealt out in turn: edges between recordings of many links tend to be chosen first
    return found.on([chosen_E2[n::SAMPLES][:size] for n in range(SAMPLES)])


@dataclass(frozen=True, eq=False)
class Sample:
    """Edges to be found among all pairs of their recordings.

    Attributes:
        track_N: ids of the recordings, ascending.
        edge_E2: places of the ends of the edges among them, the smaller first.
        other_O2: places of the ends of the graph's other edges between them.
    """

    track_N: Int32s
    edge_E2: Ints
    other_O2: Ints

    def ranked(self, vector_ND: Floats) -> tuple[Floats, Floats]:
        """Return the cosines of the edges, and of all pairs that are no edge of the graph."""
        unit_ND = unit(vector_ND)
        cosine_NN = unit_ND @ unit_ND.T
        wanted_NN = np.triu(np.ones(cosine_NN.shape, np.bool_), 1)
        wanted_NN[tuple(self.edge_E2.T)] = wanted_NN[tuple(self.other_O2.T)] = False
        edge_E: Floats = cosine_NN[tuple(self.edge_E2.T)]
        return edge_E, cosine_NN[wanted_NN]

    @property
    def negatives(self) -> int:
        """Pairs of its recordings that are no edge of the graph."""
        size = len(self.track_N)
        return size * (size - 1) // 2 - len(self.edge_E2) - len(self.other_O2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Colisten(Evaluation):
    """Link prediction on two samples of held-out edges.

    Attributes:
        graph: all edges.
        wmf: whether the upper bound stands beside the systems.
        seed: of the samples.
        samples: what is ranked.
    """

    graph: Graph
    wmf: bool
    seed: int
    samples: tuple[Sample, ...] = ()

    def scores(self, system: System) -> list[Score]:
        """Return average precision and ROC-AUC, means over the samples; resampled are the edges to be found."""
        keys = self.graph.source.keys
        found = (_finite.tracks(system, [keys[track] for track in sample.track_N]) for sample in self.samples)
        return self._figures(list(found))

    def chance(self) -> list[Score]:
        """Return the figures of random vectors; what is expected of them is in `facts`."""
        rng = seeding.rng(self.seed, "chance")
        return self._figures([rng.standard_normal((len(sample.track_N), DIM), np.float32) for sample in self.samples])

    def combine(self, systems: list[System]) -> list[System]:
        """Return the systems, and the upper bound where it is wanted."""
        bound = [Wmf(self.graph.source.keys, self.graph.edge_E2, self.seed)] if self.wmf else []
        return [*systems, *bound]

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the edges that have an end which is not known.

        Raises:
            InputError: there are too few left.
        """
        known_T = np.array([key in known for key in self.graph.source.keys])
        edges = [sample.track_N[sample.edge_E2] for sample in self.samples]
        return self.on([edge_E2[known_T[edge_E2].all(1)] for edge_E2 in edges])

    def on(self, edges: list[Int32s]) -> Self:
        """Return it with samples of these edges each.

        Raises:
            InputError: there are too few.
        """
        source = self.graph.source
        sizes = [len(edge_E2) for edge_E2 in edges]
        if min(sizes) < LEAST:
            raise InputError(
                f"{shown(source.folder)}: {sum(sizes)} of {len(self.graph.held_out_H2):,} held-out edges are known and "
                f"share no recording, {SAMPLES * LEAST} are needed: hold out more by `pairmine split {source.name}`"
            )
        samples = tuple(map(self._sample, edges))
        tracks = np.unique(np.concatenate([sample.track_N for sample in samples]))
        keys = tuple(sorted((source.keys[track] for track in tracks), key=str.encode))
        facts = {
            "held_out_by": self.graph.held_out_by,
            "held_out_edges": len(self.graph.held_out_H2),
            "edges_sampled": sizes,
            "other_edges_left_out": [len(sample.other_O2) for sample in samples],
            "random_AP_expected": float(np.mean([chance(len(each.edge_E2), each.negatives) for each in samples])),
            "random_AP_of_paper": RANDOM_AP_OF_PAPER,
        }
        names = source.names(tracks)
        return replace(self, keys=keys, tested=keys, facts=facts, files=self.graph.files, names=names, samples=samples)

    def _figures(self, vectors: list[Floats]) -> list[Score]:
        figures = []
        for number, (sample, vector_ND) in enumerate(zip(self.samples, vectors, strict=True)):
            edge_E, pair_N = sample.ranked(vector_ND)
            drawn_RE = resample(len(edge_E), number)
            itself_RE = np.ones((1, len(edge_E)), drawn_RE.dtype)
            figures.append(link_prediction(edge_E, pair_N, np.concatenate([itself_RE, drawn_RE])))
        scores = []
        for metric, value_SR in zip(("AP", "ROC-AUC"), np.stack(figures, axis=1), strict=True):
            mean_R, detail = value_SR.mean(0), {"samples": value_SR[:, 0].tolist()}
            scores.append(Score(metric, float(mean_R[0]), mean_R[1:], "edges", detail=detail))
        return scores

    def _sample(self, edge_E2: Int32s) -> Sample:
        track_N = np.unique(edge_E2)
        place_of = np.full(len(self.graph.source.keys), -1, np.int64)
        place_of[track_N] = np.arange(len(track_N))
        place_E2, all_A2 = place_of[edge_E2], place_of[self.graph.edge_E2]
        within_W2 = all_A2[(all_A2 >= 0).all(1)]
        size = len(track_N)
        number_E, number_W = place_E2 @ (size, 1), within_W2 @ (size, 1)
        return Sample(track_N, place_E2, within_W2[~np.isin(number_W, number_E)])


def _apart(pool_H2: Int32s, wanted: int, stream: int) -> Int32s:
    """Return edges in seeded order, no two of which share an end, as many as wanted if there are."""
    seen: set[int] = set()
    chosen: list[tuple[int, int]] = []
    for a, b in pool_H2[seeding.order(stream, len(pool_H2))].tolist():
        if len(chosen) == wanted:
            break
        if a not in seen and b not in seen:
            seen |= {a, b}
            chosen.append((a, b))
    return np.array(chosen, np.int32).reshape(-1, 2)
