"""All patterns share one command line: the same options, the same object, one line for an error."""

import importlib
import json
from pathlib import Path

import pytest

from lab.command import main
from lab.tracing import from_json

ROOT = Path(__file__).resolve().parents[2]
NOT_PATTERNS = {"autoscaler", "pitfalls"}
PATTERNS = sorted(
    path.stem
    for path in (ROOT / "patterns").glob("*.py")
    if not path.stem.startswith("_") and path.stem not in NOT_PATTERNS
)
KEYS = {
    "pattern",
    "parameters",
    "clock",
    "elapsed_seconds",
    "submitted",
    "succeeded",
    "failed",
    "cancelled",
    "never_started",
    "results",
    "workers_peak",
}
WRONG = {
    "basic": [
        (["--workers", "0"], "workers must be a whole number >= 1, got 0"),
    ],
    "reusable": [
        (["--workers", "0"], "workers must be a whole number >= 1, got 0"),
        (["--buffer", "-1"], "buffer must be a whole number >= 0, got -1"),
        (["--jobs", "-1"], "jobs must be a whole number >= 0, got -1"),
        (["--timeout", "nan"], "timeout must be a number of seconds <= 1e12, got nan"),
    ],
    "generic": [
        (["--workers", "-3"], "workers must be a whole number >= 1, got -3"),
        (["--seconds", "inf"], "seconds must be a number of seconds >= 0 and <= 1e12, got inf"),
    ],
    "error_handling": [
        (["--jobs", "-1"], "tasks must be a whole number >= 0, got -1"),
        (["--failure-rate", "nan"], "failure_rate must be from 0 to 1, got nan"),
        (["--failure-rate", "1.5"], "failure_rate must be from 0 to 1, got 1.5"),
        (
            ["--max-seconds", "nan"],
            "max_seconds must be a number of seconds >= 0 and <= 1e12, got nan",
        ),
    ],
    "dynamic": [
        (["--min-workers", "0"], "min_workers must be a whole number >= 1, got 0"),
        (["--max-workers", "1"], "min_workers must be <= max_workers, got 2 and 1"),
        (["--add-every", "0"], "add_every must be a whole number >= 1, got 0"),
    ],
    "rate_limited": [
        (["--limiter", "hourglass"], "argument --limiter: invalid choice: 'hourglass'"),
        (["--burst", "0"], "burst must be a whole number >= 1, got 0"),
        (["--rate", "-2"], "rate must be a number per second from 1e-9 to 1e9, got -2.0"),
    ],
    "heartbeat": [
        (["--missed", "1"], "missed must be a whole number >= 2, got 1"),
        (["--interval", "0"], "interval must be a number of seconds > 0 and <= 1e12, got 0.0"),
        (["--workers", "0"], "workers must be a whole number >= 1, got 0"),
    ],
}


def run_main(pattern, *arguments):
    return main(importlib.import_module(f"patterns.{pattern}").demo, list(arguments))


def test_every_pattern_has_its_wrong_values_here():
    assert sorted(WRONG) == PATTERNS


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_object_has_the_same_keys_for_every_pattern_and_balances(pattern, capsys):
    assert run_main(pattern, "--simulate", "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert set(summary) == KEYS
    assert (summary["pattern"], summary["clock"]) == (pattern, "virtual")
    ended = [summary[name] for name in ("succeeded", "failed", "cancelled", "never_started")]
    assert summary["submitted"] == sum(ended) > 0
    assert len(summary["results"]) == summary["succeeded"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_seed_gives_the_same_object(pattern, capsys):
    runs = []
    for _ in range(2):
        run_main(pattern, "--simulate", "--seed", "5", "--json")
        runs.append(capsys.readouterr().out)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_picture_and_a_trace_are_written_beside_the_activity(pattern, tmp_path, capsys):
    picture, trace = tmp_path / "run.svg", tmp_path / "run.json"
    assert run_main(pattern, "--simulate", "--plot", str(picture), "--trace", str(trace)) == 0
    assert picture.read_text().startswith("<?xml")
    jobs = from_json(trace.read_text()).jobs
    summary = capsys.readouterr().out.splitlines()
    assert summary[-1].startswith(f"{len(jobs)} submitted: ")
    assert len(summary) > len(jobs)


@pytest.mark.parametrize(
    ("pattern", "arguments", "message"),
    [
        (pattern, arguments, message)
        for pattern, cases in WRONG.items()
        for arguments, message in [
            *cases,
            (["--seed", "1"], "--seed needs --simulate, got --seed 1 alone"),
            (["--simulate", "--plot", "run.bmp"], "--plot must end in .png or .svg, got run.bmp"),
            (["--sedd", "1"], "unrecognized arguments: --sedd 1"),
        ]
    ],
)
def test_a_wrong_value_gets_one_line_and_status_2(pattern, arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        run_main(pattern, *arguments)
    output = capsys.readouterr()
    assert exit_.value.code == 2
    line = output.err.partition(" (choose from")[0].rstrip("\n")  # whose quotes vary
    assert (output.out, line) == ("", f"patterns.{pattern}: {message}")
    assert output.err.count("\n") == 1
