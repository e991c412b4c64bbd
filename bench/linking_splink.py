"""Link left.parquet and right.parquet of a folder with Splink; run by `bench.linking` where Splink is installed."""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

BLOCKS = (
    ("artist", "core", "marks"),
    ("artist", "substr(core, 1, 4)", "marks"),
    ("artist", "right(core, 4)", "marks"),
    ("core", "substr(artist, 1, 3)", "marks"),
    ("core", "right(artist, 3)", "marks"),
    ("substr(artist, 1, 4)", "substr(core, 1, 5)", "marks"),
)


def main() -> None:
    """Train without labels, score, resolve greedily; print seconds and memory."""
    folder = Path(sys.argv[1])
    connection = duckdb.connect()
    connection.execute("set threads = 2; set memory_limit = '8GB'")
    for side in ("left", "right"):
        connection.execute(
            f"create table {side}_tracks as select track_id as unique_id, key, core, marks, artist, "
            f"duration_ms / 1000.0 as seconds from '{folder}/{side}.parquet'"
        )
    begin = time.perf_counter()
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=[block_on(*block) for block in BLOCKS],
        comparisons=[
            cl.JaroWinklerAtThresholds("core", [0.97, 0.92, 0.85]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("artist", [0.97, 0.92, 0.85]).configure(term_frequency_adjustments=True),
            cl.CustomComparison(
                output_column_name="seconds",
                comparison_levels=[
                    {"sql_condition": "seconds_l is null or seconds_r is null", "is_null_level": True},
                    {"sql_condition": "abs(seconds_l - seconds_r) <= 2"},
                    {"sql_condition": "abs(seconds_l - seconds_r) <= 15"},
                    {"sql_condition": "else"},
                ],
            ),
        ],
    )
    frames = [api.register(f"{side}_tracks") for side in ("left", "right")]
    linker = Linker(frames, settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match([block_on("artist", "core", "marks")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("artist", "marks"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("core", "marks"))
    predicted = linker.inference.predict(threshold_match_probability=0.5).physical_name
    pairs = connection.execute(
        f"select unique_id_l, unique_id_r, match_probability, match_weight from {predicted} "
        "order by match_weight desc, unique_id_l, unique_id_r"
    ).fetchall()
    taken: tuple[set[int], set[int]] = set(), set()
    keys = [
        dict(connection.execute(f"select unique_id, key from {side}_tracks").fetchall()) for side in ("left", "right")
    ]
    links = []
    for left, right, probability, _ in pairs:
        if left not in taken[0] and right not in taken[1]:
            taken[0].add(left)
            taken[1].add(right)
            links.append((keys[0][left], keys[1][right], probability))
    (folder / "splink.json").write_text(json.dumps(links))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": time.perf_counter() - begin, "gigabytes": memory}))


if __name__ == "__main__":
    main()
