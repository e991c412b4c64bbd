"""pairmine's commands: parse, call one function, print. No logic; heavy imports only where they are used."""

import inspect
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.models import ParameterInfo

from pairmine import __version__, registry
from pairmine.errors import INTERRUPTED, InputError, PairmineError

Workspace = Annotated[
    Path,
    typer.Option("-w", "--workspace", envvar="PAIRMINE_WORKSPACE", help="Where pairmine keeps everything."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads; default one a core.")]
Annotations = Annotated[Path, typer.Option("--data", metavar="PATH", help="The annotation files: a folder or a file.")]
HERE = Path("workspace")


def _show_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback(
    epilog="Exit codes: 0 done, 1 a defect of ours, 2 usage, 3 bad input, 4 run another command first, 5 damaged, "
    "6 out of disk or memory, 130 interrupted."
)
def _pairmine(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Mine training pairs for music encoders, and look at them in SQL before you spend GPU hours.

    pairmine ingest mpd ~/mpd/data

    pairmine build-pairs --source mpd --strategy tco

    pairmine stats workspace/pairs/mpd-tco
    """


class Members(TyperGroup):
    """Sub-commands found by folder scan: each member's own options and those all of its folder share."""

    names: Callable[[], list[str]]
    make: Callable[[str], Any]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all members."""
        return type(self).names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of one member."""
        return type(self).make(cmd_name)


def _command(
    name: str, function: Callable[..., Any], own: list[inspect.Parameter], shared: Callable[..., None], run: Any
) -> Any:
    """Make a command with a member's own options and the shared ones; it is listed as its module's docstring begins."""
    parameters = [*own, *_parameters(shared)]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    _leave_reading(parameters)
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__doc__ = re.split(r"\n *(?:Args|Returns|Raises):\n", function.__doc__ or "")[0]
    maker = typer.Typer(add_completion=False, rich_markup_mode=None)
    maker.command(name, short_help=_first_line(inspect.getmodule(function)))(run)
    return typer.main.get_command(maker)


def _first_line(documented: object) -> str:
    """Return how a command is listed: whole, where the first line of its help would be cut off."""
    return (inspect.getdoc(documented) or "").split("\n")[0]


def _refuse_rejects(count: int, allowed: bool, what: str, where: object) -> None:
    """Raise InputError, which is exit code 3, if records or files were rejected."""
    if count and not allowed:
        raise InputError(f"{count:,} {what}: read {where}, or pass --allow-rejects")


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _leave_reading(parameters: list[inspect.Parameter]) -> None:
    """Leave it to what opens files to tell which cannot be read, and by which exit code."""
    for option in (option for each in parameters for option in getattr(each.annotation, "__metadata__", ())):
        if isinstance(option, ParameterInfo):
            option.readable = False


def _source_command(kind: str) -> Any:
    """Make a command of a source's `ingest`."""
    registry.check_name("source", kind, registry.names("sources"))
    ingest: Callable[..., Any] = registry.load("sources", kind).ingest

    def shared(
        workspace: Workspace = HERE,
        name: Annotated[str | None, typer.Option(help=f"Name of the source; default {kind}.")] = None,
        allow_rejects: Annotated[bool, typer.Option("--allow-rejects", help="Rejected records are no error.")] = False,
        as_json: Json = False,
    ) -> None: ...

    def run(**options: Any) -> None:
        workspace, name, allow_rejects, as_json = (options.pop(each) for each in inspect.signature(shared).parameters)
        report = ingest(workspace, name or kind, **options)
        _print(report, as_json)
        where = f'`pairmine sql "select * from {report.source}.rejects"`'
        _refuse_rejects(report.rejects, allow_rejects, "rejects among the input, the rest is ingested", where)

    return _command(kind, ingest, _parameters(ingest)[2:], shared, run)


class Sources(Members):
    """The sub-commands of `ingest`: one for every file in pairmine/sources."""

    names = staticmethod(partial(registry.names, "sources"))
    make = staticmethod(_source_command)


app.add_typer(
    typer.Typer(cls=Sources, no_args_is_help=True, rich_markup_mode=None),
    name="ingest",
    help="Read a source into the catalogue.\n\npairmine ingest mpd ~/mpd/data",
)


def _evaluation_command(name: str) -> Any:
    """Make a command of an evaluation."""
    from trainer import registry as networks

    prepare = networks.evaluation(name)

    def shared(
        workspace: Workspace = HERE,
        embeddings: Annotated[
            list[str] | None,
            typer.Option(metavar="[NAME=]FILE", help="Parquet of key and vector, as `embed` writes it; repeatable."),
        ] = None,
        checkpoint: Annotated[
            list[str] | None, typer.Option(metavar="[NAME=]RUN", help="A run, or a checkpoint; repeatable.")
        ] = None,
        features: Annotated[Path | None, typer.Option(help="Feature store; default that of the front end.")] = None,
        baselines: Annotated[bool, typer.Option(help="Score MFCC and random weights too, from the features.")] = True,
        key_map: Annotated[
            Path | None,
            typer.Option(
                help="Two columns, tab between: key in the annotations, of the embedding; or a links.parquet. Without "
                "it a key is the path below the folder, known extensions dropped (a/b.mp3 is a/b)."
            ),
        ] = None,
        allow_missing: Annotated[
            bool, typer.Option("--allow-missing", help="Score the tracks all systems have.")
        ] = False,
        pairs: Annotated[
            list[Path] | None,
            typer.Option(help="Pair set (or name) that trained them: leakage is looked for; repeatable."),
        ] = None,
        strict: Annotated[
            bool, typer.Option("--strict", help="Refuse if a tested track, or its artist, was trained on.")
        ] = False,
        write_exclude: Annotated[
            Path | None,
            typer.Option(
                help="Write the source's keys of the tested tracks and of all by their artists, leaking or not, for "
                "`build-pairs --exclude`."
            ),
        ] = None,
        out: Annotated[Path | None, typer.Option(help="The result; default in WORKSPACE/results.")] = None,
        html: Annotated[Path | None, typer.Option(help="Write a page with plots too.")] = None,
        device: Annotated[
            str | None, typer.Option(help="cpu, cuda or cuda:N; default the GPU if there is one.")
        ] = None,
        as_json: Json = False,
    ) -> None: ...

    def run(workspace: Path, as_json: bool, **options: Any) -> None:
        from trainer.scoring.evaluate import evaluate
        from trainer.scoring.request import Request

        given = {each: options.pop(each) for each in inspect.signature(Request).parameters if each in options}
        lists = {each: options_of or () for each, options_of in given.items() if each in ("embeddings", "pairs")}
        request = Request(**given | lists, checkpoints=options.pop("checkpoint") or ())
        _print(evaluate(workspace, name, prepare(**options), request), as_json)

    own = [each if each.name != "data" else each.replace(annotation=Annotations) for each in _parameters(prepare)]
    return _command(name, prepare, own, shared, run)


def _evaluations() -> list[str]:
    from trainer import registry as networks

    return networks.names("evaluations")


class Evaluations(Members):
    """The sub-commands of `evaluate`: one for every file in trainer/evaluations, and those of other packages."""

    names = staticmethod(_evaluations)
    make = staticmethod(_evaluation_command)


app.add_typer(
    typer.Typer(cls=Evaluations, no_args_is_help=True, rich_markup_mode=None),
    name="evaluate",
    help="Score encoders.\n\npairmine evaluate genre --data ~/gtzan --dataset gtzan --checkpoint RUN",
)


def _print(report: Any, as_json: bool) -> None:
    """Print a report on stdout: as text, or as one JSON object."""
    from pairmine.report.tables import show

    show([json.dumps(report.as_dict(), indent=1, default=str) if as_json else str(report)])


@app.command("build-pairs")
def build_pairs(
    source: Annotated[str, typer.Option(help="Name of an ingested source.")],
    strategy: Annotated[str, typer.Option(help=f"One of: {', '.join(registry.names('strategies'))}.")],
    workspace: Workspace = HERE,
    epochs: Annotated[int | None, typer.Option(help="Pair epochs to draw; default as in the paper.")] = None,
    seed: Annotated[int, typer.Option(help="Names the random draws.")] = 0,
    top_k: Annotated[int, typer.Option(help="tco, label-co: partners kept a track or label.")] = 10,
    min_count: Annotated[
        int, typer.Option(help="tco: playlists two tracks must share; label-co: artists two labels must.")
    ] = 1,
    max_playlist_length: Annotated[
        int | None, typer.Option(help="co, tco, w2v, cf: leave out playlists of more distinct tracks.")
    ] = None,
    score: Annotated[str, typer.Option(help="tco: count, npmi, cosine, jaccard or lift.")] = "count",
    ties: Annotated[
        str, typer.Option(help="tco: at the cut, the track in fewer playlists (rarer) or by seed (hash).")
    ] = "rarer",
    min_group: Annotated[
        int, typer.Option(help="release, artist, label, label-co: groups of fewer tracks link none.")
    ] = 1,
    max_pairs_per_group: Annotated[
        int | None, typer.Option(help="release, artist, label, label-co: most pairs a group links in an epoch.")
    ] = None,
    per_epoch: Annotated[int, typer.Option(help="triplet: triplets an epoch.")] = 1_000_000,
    weighted: Annotated[bool, typer.Option("--weighted", help="triplet: positives by the edge's count.")] = False,
    dimensions: Annotated[int, typer.Option(help="w2v, cf, genre: of a vector; default as in the paper.")] = 0,
    iterations: Annotated[int, typer.Option(help="w2v, cf, genre: over all playlists; default as in the paper.")] = 0,
    negatives: Annotated[int, typer.Option(help="w2v: random tracks against each word.")] = 5,
    sample: Annotated[
        float, typer.Option(help="w2v: tracks in more than this share of entries are left out now and then; 0: never.")
    ] = 0.0,
    trainer: Annotated[str, typer.Option(help="w2v: kernel or gensim; cf: warp or wmf.")] = "",
    tags: Annotated[
        str, typer.Option(help="labels, genre: kinds of tags (genre,style,tag), or words: n-grams of titles and tags.")
    ] = "",
    top: Annotated[int, typer.Option(help="labels: how many, the most frequent first.")] = 0,
    longest: Annotated[int, typer.Option(help="labels: words of an n-gram; genre: genres a track.")] = 0,
    clusters: Annotated[
        int, typer.Option(help="labels: tell their senses apart by this many clusters of the co-listen graph.")
    ] = 0,
    as_kind: Annotated[
        str | None, typer.Option("--as", help="w2v: pairs, each track with one of the nearest, instead of vectors.")
    ] = None,
    hard_negatives: Annotated[
        str | None,
        typer.Option(metavar="FIRST-LAST", help="Add negatives: partners of the anchor of these ranks, e.g. 100-1000."),
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Compose batches of so many pairs; with --exclusive.")] = None,
    exclusive: Annotated[
        str | None, typer.Option(help="What no two pairs of a batch share: artist, release, label, playlist.")
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(help="File of track or artist keys, one a line, that must not appear; header `key` or none."),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="File of track keys, one a line: only these appear; header `key` or none.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only tracks of this split (train, valid or test).")] = None,
    on: Annotated[
        str | None, typer.Option(help="Only tracks linked to this source; the set carries its keys and names.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the set; default WORKSPACE/pairs/<source>-<strategy>.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="native (compiled), or duckdb (sql/strategies as they stand).")
    ] = "native",
    force: Annotated[bool, typer.Option("--force", help="Replace another set in that place.")] = False,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Draw training pairs from a source into Parquet shards.

    pairmine build-pairs --source mpd --strategy tco --epochs 50
    """
    given = dict(locals())
    from pairmine import pairing
    from pairmine.strategies._finish import Finishing
    from pairmine.strategies._parameters import Parameters
    from pairmine.strategies._restrictions import Restrictions

    report = pairing.build_pairs(
        workspace,
        source,
        f"{strategy}-{as_kind}" if as_kind else strategy,
        parameters=Parameters(**{name: given[name] for name in Parameters.__dataclass_fields__}),
        epochs=epochs,
        restrictions=Restrictions(exclude, keys, split, on),
        finishing=Finishing(hard_negatives, batch, exclusive),
        out=out,
        engine_name=engine,
        threads=threads,
        force=force,
    )
    _print(report, as_json)


@app.command()
def split(
    source: Annotated[str, typer.Argument(help="Name of an ingested source.")],
    workspace: Workspace = HERE,
    by: Annotated[
        str, typer.Option(help="track, artist (no artist in two splits), stratified (by tags), or edge (of a graph).")
    ] = "artist",
    fractions: Annotated[str, typer.Option(help="Shares of train, valid and test.")] = "0.8,0.1,0.1",
    tags: Annotated[str, typer.Option(help="stratified: the kind of tags, genre or style.")] = "genre",
    seed: Annotated[int, typer.Option(help="Names the random order.")] = 0,
    as_json: Json = False,
) -> None:
    """Split a source into train, valid and test: its table `splits`, for `build-pairs --split`.

    pairmine split mpd --by artist --fractions 0.8,0.1,0.1

    By edge: valid and test edges of a co-listen graph go to its table `held_out_edges`; no pair set is drawn from them.

    pairmine split listens --by edge --fractions 0.9,0,0.1
    """
    from pairmine import splits

    _print(splits.split(workspace, source, by, fractions, seed, tags), as_json)


@app.command()
def link(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="Name of an ingested source.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="Name of another.")],
    workspace: Workspace = HERE,
    threshold: Annotated[float, typer.Option(help="Least score of a link, 0 to 1.")] = 0.8,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Find the same recordings in two sources, by title, artist, duration and album.

    pairmine link mpd discogs

    pairmine sql 'select * from "mpd-discogs".links order by score limit 20'
    """
    from pairmine.linking import link

    _print(link(workspace, left, right, threshold=threshold, threads=threads), as_json)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A pair set, source or links, folder or name; default all of the workspace.")
    ] = None,
    workspace: Workspace = HERE,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Verify checksums, rows, columns and each strategy's own rules.

    pairmine check workspace/pairs/mpd-tco
    """
    from pairmine import checking

    report = checking.check(workspace, folder, threads)
    _print(report, as_json)
    report.raise_problems()


@app.command()
def stats(
    what: Annotated[str, typer.Argument(metavar="DIR|SOURCE", help="Folder of a pair set, or name of a source.")],
    workspace: Workspace = HERE,
    batch: Annotated[int, typer.Option(min=2, help="Pairs in a training batch, for false negatives.")] = 384,
    as_json: Json = False,
) -> None:
    """Count what is in a pair set, or in a source (the MPD's own stats.txt, for what is there).

    pairmine stats workspace/pairs/mpd-tco
    """
    from pairmine.report.stats import stats

    _print(stats(workspace, what, batch), as_json)


@app.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="A query that only reads.")] = None,
    workspace: Workspace = HERE,
    name: Annotated[str | None, typer.Option(help="Run a named query of sql/stats instead.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the named queries.")] = False,
    on: Annotated[str | None, typer.Option(help="Source or pair set whose tables go by plain names.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a variable of the query.")
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Ask the workspace in SQL: read-only, and confined to it.

    pairmine sql "select title, artist from mpd.tracks limit 5"

    pairmine sql --name most-paired --on mpd-tco --set rows=10
    """
    from pairmine.report import queries, tables

    style = "json" if as_json else "csv" if as_csv else "text"
    tables.show(queries.answer(workspace, query, name=name, listed=listed, on=on, settings=settings or (), style=style))


@app.command()
def describe(
    name: Annotated[str | None, typer.Argument(help="A source, pair set, …; default all of the workspace.")] = None,
    workspace: Workspace = HERE,
    as_json: Json = False,
) -> None:
    """Describe the sources and pair sets of the workspace, table by table, its features and its runs.

    pairmine describe
    """
    from pairmine.report.describe import describe

    report = describe(workspace, name)
    _print(report, as_json)
    report.raise_problems()


@app.command()
def explain(
    key_a: Annotated[str, typer.Argument(metavar="KEY", help="Key of a track.")],
    key_b: Annotated[str, typer.Argument(metavar="KEY", help="Key of another.")],
    workspace: Workspace = HERE,
    source: Annotated[str | None, typer.Option(help="Where the tracks are; default the only source.")] = None,
    pairs: Annotated[str | None, typer.Option(help="A pair set: rank by its rule, and tell its epochs.")] = None,
    as_json: Json = False,
) -> None:
    """Tell what two tracks share: playlists, albums, artists, labels, and their ranks in each other's lists.

    pairmine explain spotify:track:7KXjTSCq5nL1LoYtL7XAwS spotify:track:1xznGGDReH1oQq0xzbwXa3
    """
    from pairmine.report.explain import explain

    _print(explain(workspace, key_a, key_b, source, pairs), as_json)


@app.command()
def features(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="Folder of audio files, or of Melon's arrays (.npy); default WORKSPACE/audio/<source>."
        ),
    ] = None,
    front_end: Annotated[
        str, typer.Option(help=f"One of: {', '.join(registry.names('frontends', 'trainer'))}.")
    ] = "musicnn",
    waveforms: Annotated[
        bool, typer.Option("--waveforms", help="Keep 16-bit samples, to augment sound; mels are computed in training.")
    ] = False,
    workspace: Workspace = HERE,
    name: Annotated[
        str | None, typer.Option(help="Name of the features; default <source, or DIR's name>-<front end>.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only the tracks of this source.")] = None,
    key_map: Annotated[
        Path | None,
        typer.Option(help="Table with the columns file (path below DIR) and key; default DIR/key_map.tsv, else none."),
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Only so much from the middle of every file.")] = None,
    shortest: Annotated[float, typer.Option(min=0.1, help="Seconds a file must last.")] = 3,
    force: Annotated[bool, typer.Option("--force", help="Replace other features in that place.")] = False,
    allow_rejects: Annotated[bool, typer.Option("--allow-rejects", help="Rejected files are no error.")] = False,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Compute log-mels of a folder of audio for training: WORKSPACE/features/NAME.

    pairmine features ~/music --source audio --front-end musicnn

    pairmine features ~/melon/arena_mel --source melon --front-end melon

    pairmine features --source synth

    pairmine features ~/music --waveforms

    Files that cannot be decoded, are silent (peak under -60 dBFS) or too short go to rejects.parquet.
    """
    from trainer.features.extraction import features

    report = features(
        workspace,
        folder,
        front_end=front_end,
        waveforms=waveforms,
        name=name,
        source=source,
        key_map=key_map,
        seconds=seconds,
        shortest=shortest,
        threads=threads,
        force=force,
    )
    _print(report, as_json)
    where = report.folder / "rejects.parquet"
    _refuse_rejects(report.rejects, allow_rejects, "files cannot be used, the rest is in the store", where)


@app.command()
def train(
    pairs: Annotated[
        list[str] | None,
        typer.Option(metavar="[ROLE=]DIR", help="A pair set (or name); a recipe of several takes one a role."),
    ] = None,
    workspace: Workspace = HERE,
    recipe: Annotated[
        str | None, typer.Option(help="Name of a recipe, or a .toml file; default the one for the pairs' strategy.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Another network than the recipe's: a name, or module:Class of your own.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="Another objective than the recipe's: a name, or module:function of your own.")
    ] = None,
    valid: Annotated[
        list[str] | None, typer.Option(metavar="[ROLE=]DIR", help="A pair set for validation; as --pairs.")
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="Feature store; default the workspace's, by the recipe's front end.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run; default that of the recipe.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe: optimiser.lr=1e-4 ….")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint, as it began.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; default the GPU if there is one.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the recipes.")] = False,
    as_json: Json = False,
) -> None:
    """Train an encoder on pair sets, by the recipe of a paper. Under torchrun on several GPUs.

    pairmine train --pairs workspace/pairs/mpd-tco

    pairmine train --pairs artist=workspace/pairs/discogs-artist --pairs label=… --recipe multitask

    torchrun --nproc-per-node 8 -m pairmine train --pairs workspace/pairs/mpd-tco

    pairmine train --name playlist-tco-resnet50 --resume

    A run goes on by its own recipe and pair sets; --set may change its length and its optimiser. When a rank fails,
    torchrun prints a trace of its own: what was wrong is the line that begins with "pairmine:", above it.
    """
    if listed:
        from trainer.listing import listing

        _print(listing(), as_json)
        return
    from trainer import loop

    trained = loop.train(
        workspace,
        pairs or (),
        recipe=recipe,
        encoder=encoder,
        loss=loss,
        settings=settings or (),
        valid=valid or (),
        features=features,
        name=name,
        resume=resume,
        device=device,
    )
    if trained is not None:
        _print(trained, as_json)
    if trained is not None and trained.interrupted:
        sys.exit(INTERRUPTED)  # the report has told how to go on


@app.command()
def embed(
    run: Annotated[str, typer.Argument(help="Name of a run, or a checkpoint or exported model.")],
    workspace: Workspace = HERE,
    features: Annotated[
        Path | None, typer.Option(help="Feature store; default the workspace's, by the recipe's front end.")
    ] = None,
    audio: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of audio instead, as it is.")] = None,
    out: Annotated[Path | None, typer.Option(help="File; default embeddings.parquet beside the checkpoint.")] = None,
    per_patch: Annotated[bool, typer.Option("--per-patch", help="One vector a patch, with its start_ms.")] = False,
    stats: Annotated[str, typer.Option(help="Over the patches of a track: mean or mean-std.")] = "mean",
    overlap: Annotated[float, typer.Option(help="Share of a patch that the next has in common with it: 0.5.")] = 0,
    allow_rejects: Annotated[bool, typer.Option("--allow-rejects", help="Rejected files are no error.")] = False,
    threads: Threads = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; default the GPU if there is one.")] = None,
    as_json: Json = False,
) -> None:
    """Write the embeddings of a feature store's tracks, or of a folder of audio, by a trained encoder.

    pairmine embed playlist-tco-resnet50

    pairmine embed my-encoder/model.safetensors --audio ~/music
    """
    from trainer import embed

    report = embed.embed(
        workspace,
        run,
        features=features,
        audio=audio,
        out=out,
        per_patch=per_patch,
        stats=stats,
        overlap=overlap,
        device=device,
        threads=threads,
    )
    _print(report, as_json)
    where = embed.rejects_file(report.file)
    _refuse_rejects(report.rejects, allow_rejects, "files cannot be used, the rest is embedded", where)


@app.command()
def reproduce(
    paper: Annotated[
        str, typer.Argument(help="playlists-2023, strategies-2022, colisten-2020, crossmodal-2021 or discogs-2022.")
    ],
    workspace: Workspace = HERE,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the data, one folder each: --dry-run tells which; default data.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Only steps whose names begin so; repeatable.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Handed to every train: optimiser.lr=1e-4 ….")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell data, commands, what is made; run nothing.")] = False,
    toy: Annotated[bool, typer.Option("--toy", help="All of it tiny: made-up data, a step or two a run.")] = False,
    as_json: Json = False,
) -> None:
    """Make the tables of a paper: pair sets, features, runs, evaluations; what is made already is skipped.

    pairmine reproduce playlists-2023 --dry-run

    pairmine reproduce playlists-2023 --data ~/data --only ingest --only pairs
    """
    from trainer.reproduction.reproduce import reproduce

    report = reproduce(workspace, paper, data=data, only=only or (), settings=settings or (), dry_run=dry_run, toy=toy)
    _print(report, as_json)


@app.command()
def export(
    run: Annotated[str, typer.Argument(help="Name of a run, or a checkpoint.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    workspace: Workspace = HERE,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write it as ONNX too: any batch, any length.")] = False,
    as_json: Json = False,
) -> None:
    """Write a trained encoder for others: safetensors, config.json and a model card; ONNX where asked for.

    pairmine export playlist-tco-resnet50 --out my-encoder --onnx
    """
    from trainer import export

    _print(export.export(workspace, run, out, onnx=onnx), as_json)


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Results: files, or names in WORKSPACE/results.")],
    workspace: Workspace = HERE,
    style: Annotated[str, typer.Option("--format", help="text, markdown, latex or html.")] = "text",
    out: Annotated[Path | None, typer.Option(help="Write it to a file.")] = None,
    as_json: Json = False,
) -> None:
    """Lay results side by side, the papers' published figures beside them, marked as such.

    pairmine compare tagging-*.json --format markdown
    """
    from trainer.reporting import compare

    _print(compare.compare(workspace, runs, style=style, out=out), as_json)


@app.command()
def demo(
    workspace: Annotated[
        Path, typer.Option("-w", "--workspace", help="Where the demo keeps everything; made anew.")
    ] = Path("demo-workspace"),
) -> None:
    """Run the main job on the shipped samples, each command shown.

    pairmine demo
    """
    from pairmine.demo import run

    print(run(workspace))


for each in app.registered_commands:
    assert each.callback is not None
    each.short_help = _first_line(each.callback)
    _leave_reading(_parameters(each.callback))


def main() -> None:
    """Run the command line; every error becomes one line on stderr and its exit code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = app(arguments, prog_name="pairmine", standalone_mode=False)
    except Exception as error:
        if debug:
            raise
        code, message = _explain(error)
        print(message if message.startswith("Usage:") else f"pairmine: {message}", file=sys.stderr)
    else:
        if code == INTERRUPTED:  # typer makes an exit code of Ctrl-C
            raise KeyboardInterrupt
    sys.exit(code or 0)


def _explain(error: Exception) -> tuple[int, str]:
    """Return exit code and one line of message for an error."""
    if isinstance(error, TyperException):
        return error.exit_code, error.format_message() + _hint(error)
    from pairmine.failures import translate

    known = translate(error)
    if isinstance(known, PairmineError):
        return known.exit_code, str(known)
    if "Query interrupted" in str(error):
        return INTERRUPTED, "interrupted"
    text = " ".join(str(error).split())
    return 1, f"a defect of pairmine: {type(error).__name__}: {text} (run again with --debug, and report it)"


def _hint(error: TyperException) -> str:
    """Return how the help of a command shows its use where something is missing, and where options stand."""
    command, told = getattr(getattr(error, "ctx", None), "command", None), error.format_message()
    if told.startswith("No such option") and isinstance(command, TyperGroup):
        return " (a command's options come after its name; PAIRMINE_WORKSPACE=DIR sets the workspace of all)"
    shown = re.search(r"^`?(pairmine [^`\n]+)", getattr(command, "help", None) or "", re.MULTILINE)
    return f" For example: `{shown[1]}`" if shown and told.startswith("Missing ") else ""
