"""The command line that all patterns share, tried on the basic one."""

import json
import subprocess
import sys

import pytest

from lab.command import main
from lab.tracing import from_json
from patterns.basic import demo


def summary(capsys):
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    """Return what `patterns.basic` says on stderr to wrong arguments."""
    with pytest.raises(SystemExit) as exit_:
        main(demo, list(arguments))
    assert exit_.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_the_simulated_run_is_printed_as_one_exact_object(capsys):
    assert main(demo, ["--simulate", "--json"]) == 0
    assert summary(capsys) == {
        "pattern": "basic",
        "parameters": {"jobs": 10, "workers": 3, "seconds": 1.0, "buffer": None, "timeout": None},
        "clock": "virtual",
        "elapsed_seconds": 4.0,
        "submitted": 10,
        "succeeded": 10,
        "failed": 0,
        "cancelled": 0,
        "never_started": 0,
        "results": [2, 4, 6, 8, 10, 12, 14, 16, 18, 20],
        "workers_peak": 3,
    }


def test_the_run_on_threads_has_the_same_counts(capsys):
    main(demo, ["--simulate", "--json", "--seconds", "0.002"])
    simulated = summary(capsys)
    main(demo, ["--json", "--seconds", "0.002"])
    measured = summary(capsys)
    for run in (simulated, measured):
        del run["clock"], run["elapsed_seconds"]
        run["results"].sort()
    assert measured == simulated


def test_results_are_printed_line_by_line(capsys):
    main(demo, ["--simulate", "--jobs", "2", "--workers", "1"])
    assert capsys.readouterr().out.splitlines() == [
        "1: 2",
        "2: 4",
        "2 submitted: 2 succeeded, 0 failed, 0 cancelled, 0 never started; 2.000 s (virtual clock)",
    ]


def test_results_are_printed_as_they_come():
    command = [
        sys.executable,
        "-m",
        "patterns.basic",
        "--jobs",
        "2",
        "--workers",
        "1",
        "--seconds",
        "0.2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.kill()
    assert first == "1: 2\n"


def test_the_same_seed_gives_the_same_run(capsys):
    runs = []
    for seed in ("1", "1", "2"):
        main(demo, ["--simulate", "--seed", seed, "--workers", "5", "--json"])
        runs.append(capsys.readouterr().out)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_is_written(tmp_path, suffix, capsys):
    path = tmp_path / f"run{suffix}"
    assert main(demo, ["--simulate", "--plot", str(path)]) == 0
    assert path.stat().st_size > 1000


def test_the_trace_that_is_written_can_be_read(tmp_path, capsys):
    path = tmp_path / "run.json"
    main(demo, ["--simulate", "--trace", str(path)])
    trace = from_json(path.read_text())
    assert (trace.elapsed, len(trace.jobs)) == (4.0, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "workers must be a whole number >= 1, got 0"),
        (["--jobs", "-1"], "jobs must be a whole number >= 0, got -1"),
        (["--jobs", "many"], "argument --jobs: invalid int value: 'many'"),
        (["--seconds", "nan"], "seconds must be a number of seconds >= 0 and <= 1e12, got nan"),
        (["--seconds", "-1"], "seconds must be a number of seconds >= 0 and <= 1e12, got -1.0"),
        (["--seed", "1"], "--seed needs --simulate, got --seed 1 alone"),
        (["--simulate", "--plot", "run.jpg"], "--plot must end in .png or .svg, got run.jpg"),
        (
            ["--simulate", "--trace", "no/such/folder/run.json"],
            "the folder of a file to write must exist, got no/such/folder/run.json",
        ),
        (["--sedd", "1"], "unrecognized arguments: --sedd 1"),
    ],
)
def test_a_wrong_value_gets_one_clear_line(capsys, arguments, message):
    assert refusal(capsys, *arguments) == f"patterns.basic: {message}\n"
