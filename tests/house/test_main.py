"""All patterns side by side in the terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.command import side_by_side
from lab.teaching import comparing
from lab.teaching.comparing import POOLS

ROOT = Path(__file__).resolve().parents[2]


def summary(capsys, *arguments):
    assert side_by_side(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


def test_the_table_has_a_line_for_every_pattern_and_fits_eighty_columns(capsys):
    assert side_by_side([]) == 0
    output = capsys.readouterr()
    lines = output.out.splitlines()
    assert lines[0].strip() == "26 jobs, 14.6 s of work (virtual clock)"
    assert [line.split()[0] for line in lines[-len(POOLS) :]] == list(POOLS)
    assert max(map(len, lines)) <= 80
    assert "…" not in output.out
    assert output.err == ""


def test_every_pattern_module_is_in_the_table():
    modules = {path.stem for path in (ROOT / "patterns").glob("*.py") if path.stem[0] != "_"}
    assert modules - {"autoscaler", "pitfalls"} == set(POOLS)


def test_it_runs_as_a_program():
    command = [sys.executable, "-m", "patterns", "--json"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert [row["pattern"] for row in json.loads(output.stdout)["patterns"]] == list(POOLS)


def test_the_same_arguments_give_the_same_object(capsys):
    arguments = ("--json", "--seed", "4", "--sample", "2")
    assert summary(capsys, *arguments) == summary(capsys, *arguments)


def test_another_sample_gives_other_jobs_and_another_scale_other_times(capsys):
    first, sampled, scaled = (
        summary(capsys, "--json", *more)["workload"]["jobs"]
        for more in ([], ["--sample", "2"], ["--scale", "0.5"])
    )
    assert [job["seconds"] for job in sampled] != [job["seconds"] for job in first]
    assert [2 * job["arrives"] for job in scaled] == [job["arrives"] for job in first]


def test_the_books_in_the_object_balance(capsys):
    for row in summary(capsys, "--json", "--workers", "2")["patterns"]:
        counts = row["counts"]
        assert counts.pop("submitted") == sum(counts.values()) == 26


def test_on_real_threads_the_jobs_come_to_the_same_ends(capsys):
    virtual, real = (
        summary(capsys, "--json"),
        summary(capsys, "--json", "--real", "--scale", "0.02"),
    )
    assert (virtual["clock"], real["clock"]) == ("virtual", "real")
    for before, after in zip(virtual["patterns"], real["patterns"], strict=True):
        if before["pattern"] != "generic":  # which jobs are cut short there is a matter of luck
            assert after["counts"] == before["counts"]


def test_a_picture_is_written(tmp_path, capsys):
    picture = tmp_path / "all.png"
    assert side_by_side(["--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_ends_it_in_one_line(monkeypatch, capsys):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "run_pool", interrupted)
    assert side_by_side([]) == 130
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "patterns: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "workers must be a whole number >= 1, got 0"),
        (["--scale", "0"], "scale must be a number of seconds > 0 and <= 1e12, got 0.0"),
        (["--scale", "nan"], "scale must be a number of seconds > 0 and <= 1e12, got nan"),
        (["--seed", "1", "--real"], "--seed needs virtual time, got --seed 1 with --real"),
        (["--plot", "all.bmp"], "--plot must end in .png or .svg, got all.bmp"),
        (["--plot", "no/all.png"], "the folder of a file to write must exist, got no/all.png"),
        (["--sample", "x"], "argument --sample: invalid int value: 'x'"),
        (["--sedd", "1"], "unrecognized arguments: --sedd 1"),
        (["--real", "--simulate"], "argument --simulate: not allowed with argument --real"),
    ],
)
def test_a_wrong_value_gets_one_line_and_status_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        side_by_side(arguments)
    output = capsys.readouterr()
    assert exit_.value.code == 2
    assert (output.out, output.err) == ("", f"patterns: {message}\n")
