"""Recipes: every system of the papers, their numbers, and what a wrong setting gets."""

import pytest

from pairmine import registry as pairmine_registry
from pairmine.errors import MissingError, UsageError
from trainer import recipe as recipes
from trainer.listing import listing

PLAYLISTS = {
    f"{s}-{n}"
    for s in ("simclr", "artist-co", "playlist-co", "playlist-tco", "playlist-w2v")
    for n in ("vggish", "resnet50")
}
STRATEGIES = {f"siamese-{p}-{loss}" for p in ("self", "adjacent", "random") for loss in ("infonce", "infonce-multi")}
COLISTEN = {
    f"{s}-{n}"
    for s in ("triplet-only", "label-only", "hybrid", "hybrid-clusters", "cf-regression")
    for n in ("small-cnn", "mobilenet", "resnet18")
}
CROSSMODAL = {f"{s}-{m}" for s in ("crossmodal", "b-line") for m in ("g", "cf", "cf-g")}
DISCOGS = {"cola-track", "cola-release", "cola-artist", "cola-label", "style-tags", "multitask"}
BASELINES = {"scratch-vggish", "scratch-resnet50", "original-vggish"}
# of each paper: front end, batch, frames, highest rate
NUMBERS = {
    "playlists-2023": ("playlists", {384}, {256}, 2e-4),
    "strategies-2022": ("strategies", {16}, {0}, 1e-3),
    "colisten-2020": ("vggish", {132}, {300}, 1e-4),
    "crossmodal-2021": ("melon", {128}, {256}, 1e-4),
    "discogs-2022": ("musicnn", {200, 50}, {128}, 1e-3),
}


def test_every_system_of_the_papers_has_one() -> None:
    systems = PLAYLISTS | STRATEGIES | {"melcpc"} | COLISTEN | CROSSMODAL | DISCOGS | BASELINES
    assert set(recipes.names()) == systems | {"laptop", "laptop-with-self", "tiny"}
    assert [entry.recipe for entry in listing().entries] == recipes.names()


@pytest.mark.parametrize("name", recipes.names())
def test_it_is_what_its_paper_says_and_reads_back_as_written(name) -> None:
    recipe = recipes.load(name)
    assert recipes.of_toml(recipe.as_toml(), "here") == recipe
    if recipe.paper in NUMBERS:
        front_end, batches, frames, rate = NUMBERS[recipe.paper]
        assert (recipe.front_end, recipe.optimiser.lr) == (front_end, rate)
        assert recipe.batch in batches and recipe.views.frames in frames


def test_numbers_that_only_some_systems_have() -> None:
    simclr, adjacent, tco = (
        recipes.load(n) for n in ("simclr-vggish", "siamese-adjacent-infonce", "playlist-tco-vggish")
    )
    assert (simclr.views.mix, simclr.views.pairing, tco.views.mix) == ([5, 2], "same", [])
    assert (tco.schedule.name, tco.schedule.warmup, tco.epochs) == ("cosine", 5000, 50)
    assert (adjacent.views.pairing, adjacent.views.gap_seconds, adjacent.views.standardise) == ("adjacent", 0.5, True)
    assert (adjacent.schedule.factor, adjacent.schedule.patience) == (0.2, 5)
    multitask = recipes.load("multitask")
    assert [(task.roles, task.weight) for task in multitask.tasks] == [
        (["track"], 0.1), (["release"], 0.15), (["artist"], 0.6), (["label"], 0.15)
    ]  # fmt: skip
    assert recipes.load("cola-artist").accumulate == 6
    assert recipes.load("cola-artist").tasks[0].loss_options == {"negatives": "local"}
    hybrid = recipes.load("hybrid-resnet18")
    assert [(task.loss, task.phase) for task in hybrid.tasks] == [("triplet", 1), ("soft-labels", 2)]
    assert [phase.steps for phase in hybrid.phases] == [10_000_000, 10_000_000]


def test_every_strategy_has_a_default() -> None:
    strategies = pairmine_registry.names("strategies")
    assert {strategy for strategy in strategies if recipes.default_for(strategy) is None} == set()
    assert (recipes.default_for("label-co"), recipes.default_for("w2v-pairs")) == (
        recipes.default_for("label"),
        recipes.default_for("tco"),
    )
    taken = [strategy for name in recipes.names() for strategy in recipes.load(name).default_for]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimizer.lr=1", "did you mean 'optimiser'"),
        ("views.framse=1", "did you mean 'frames'"),
        ("precision=bf15", "did you mean 'bf16'"),
        ("schedule.name=cosin", "did you mean 'cosine'"),
        ("views.augment=['pich']", "did you mean 'pitch'"),
        ("batch=0", "must be above 0"),
        ("optimiser.lr=nan", "must be above 0"),
        *((f"{name}=-1", "must be 0 or above") for name in recipes.NOT_NEGATIVE if not name.startswith("phases")),
        ("batch=1.5", "give int"),
        ("optimiser=3", "not a table"),
        ("optimiser.lr.x=3", "lr is no table"),
        ("tasks.1.weight=2", "number the 1 tables from 0"),
        ("tasks.0.phase=2", "phases"),
        ("views.mix=[5]", "two shape parameters"),
        ("epochs", "give KEY=VALUE"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(setting, message) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        recipes.load("tiny", [setting])
    assert "\n" not in str(caught.value)


def test_settings_reach_everything() -> None:
    settings = ["optimiser.lr=3", "tasks.0.weight=0.5", "encoder.options.dim=7", "views.augment=['noise']", "start=a b"]
    recipe = recipes.load("tiny", settings)
    assert (recipe.optimiser.lr, recipe.tasks[0].weight, recipe.encoder.options["dim"]) == (3.0, 0.5, 7)
    assert (recipe.views.augment, recipe.start, recipe.encoder.options["bands"]) == (["noise"], "a b", 96)


def test_what_only_the_user_knows_is_asked_for() -> None:
    needing = {name: set(recipes.load(name).needs) for name in recipes.names() if recipes.load(name).needs}
    starting = {"multitask", *(name for name in COLISTEN if name.startswith("hybrid-clusters"))}
    assert needing == {name: {"start"} for name in starting} | {"original-vggish": {"encoder.options.weights"}}
    with pytest.raises(MissingError, match=r"needs .* cola-artist after 20 epochs .*: pass --set start=FILE") as caught:
        recipes.load("multitask").check_needs()
    assert "\n" not in str(caught.value)
    for name, key in (("multitask", "start"), ("original-vggish", "encoder.options.weights")):
        recipes.load(name, [f"{key}=there.safetensors"]).check_needs()
    recipes.load("tiny").check_needs()


@pytest.mark.parametrize("name", [name for name in recipes.names() if recipes.load(name).needs])
def test_what_is_to_be_trained_first_is_there_to_be_trained(name) -> None:
    for what in recipes.load(name).needs.values():
        named = [word.strip(",)") for word in what.partition("--recipe ")[2].split()[:1]]
        assert all(recipes.load(each).encoder == recipes.load(name).encoder for each in named)


def test_a_recipe_from_a_file_and_one_that_lacks_something(tmp_path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(recipes.load("tiny").as_toml().replace('name = "tiny"', 'name = "mine"', 1))
    assert recipes.load(str(file)).name == "mine"
    for text, message in (
        ("paper = 3\nbatch", "is no TOML"),
        ('paper = "x"', "is missing"),
        ("tasks = [1]", "not a table"),
    ):
        file.write_text(text)
        with pytest.raises(UsageError, match=message):
            recipes.load(str(file))
    with pytest.raises(UsageError, match="did you mean 'tiny'"):
        recipes.load("tinny")
