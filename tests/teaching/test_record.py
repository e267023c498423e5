"""What a reader has reached is kept beside the notebook, and nowhere else."""

import json
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from support import ROOT

from lab.teaching.keeping import Reached, keep
from lab.teaching.record import Summary, progress
from lab.teaching.store import PROGRESS_FILE
from tools.nbval_sockets import AsyncKernelAtFiles


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder, as if in a notebook."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=object))
    return tmp_path


def test_outside_of_a_notebook_nothing_is_kept(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    keep("basic/repair", 3, 10, 0)
    assert [*here.iterdir()] == []


def test_what_is_reached_is_kept_in_one_file_beside_the_notebook(here):
    keep("basic/repair", 3, 10, 1)
    assert [path.name for path in here.iterdir()] == [PROGRESS_FILE]
    assert progress().reached()["basic/repair"] == Reached(3, 10, 1)
    assert "3 of 10" in repr(progress())


def test_nothing_reached_is_not_kept(here):
    keep("basic/repair", 0, 10, 0)
    assert [*here.iterdir()] == []


@pytest.mark.parametrize(
    ("then", "kept"),
    [
        ((7, 10, 2), Reached(7, 10, 2)),
        ((4, 10, 3), Reached(5, 10, 0)),
        ((5, 10, 3), Reached(5, 10, 0)),
        ((4, 12, 1), Reached(4, 12, 1)),
    ],
    ids=["more", "less", "as much", "of other points"],
)
def test_better_replaces_worse_and_not_the_other_way_round(then, kept):
    keep("basic/repair", 5, 10, 0)
    keep("basic/repair", *then)
    assert progress().reached()["basic/repair"] == kept


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        '{"exercises": 3}',
        '{"exercises": {"basic/repair": {"points": 11, "most": 10, "hints": 0}}}',
        '{"exercises": {"basic/repair": {"points": true, "most": 10, "hints": 0}}}',
        '{"exercises": {"basic/repair": {"points": 1}}}',
    ],
)
def test_a_file_that_is_not_as_it_should_be_counts_as_none(here, text):
    (here / PROGRESS_FILE).write_text(text)
    assert progress().reached()["basic/repair"] is None
    keep("basic/repair", 5, 10, 0)
    assert progress().reached()["basic/repair"] == Reached(5, 10, 0)


def test_a_folder_that_cannot_be_written_is_said_and_stops_nobody(here):
    (here / PROGRESS_FILE).mkdir()
    keep("basic/repair", 5, 10, 0)
    assert "your progress is not kept" in repr(progress())


def test_other_sections_of_the_file_are_left_alone(here):
    (here / PROGRESS_FILE).write_text('{"levels": {"1": 3}}')
    keep("basic/repair", 5, 10, 0)
    progress().reset()
    assert json.loads((here / PROGRESS_FILE).read_text()) == {"levels": {"1": 3}}


def test_one_can_be_forgotten_and_all_can():
    keep("basic/repair", 5, 10, 0)
    keep("basic/extend", 5, 10, 0)
    progress().reset("basic/repair")
    assert progress().reached()["basic/repair"] is None
    assert progress().reached()["basic/extend"] is not None
    progress().reset()
    assert set(progress().reached().values()) == {None}


def test_what_is_no_exercise_cannot_be_forgotten():
    with pytest.raises(ValueError, match=r"key must be an exercise such as .*, got 'basic/none'"):
        progress().reset("basic/none")


def test_the_page_to_hand_in_says_who_when_and_what(here):
    keep("basic/repair", 5, 10, 2)
    progress().save("summary.html", "Ada <ada@example.org>")
    page = (here / "summary.html").read_text(encoding="utf-8")
    assert "Ada &lt;ada@example.org&gt;" in page
    assert "5 of 10" in page
    assert "2 hints" in page
    assert "http" not in page.replace("https://", "")


@pytest.mark.parametrize("student", ["", "  "])
def test_the_page_needs_a_name(here, student):
    with pytest.raises(ValueError, match="student must be a name or number, got"):
        progress().save("summary.html", student)


def test_a_summary_of_no_file_has_nothing_done():
    assert str(Summary(path=None)).startswith("0 of ")


def test_in_a_real_notebook_a_check_is_kept_and_shown(here, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cells = [
        "from lab.teaching.exercises.basic import predict\n"
        "from lab.teaching.record import progress\n"
        "from lab import simulate\nfrom patterns import basic\n"
        "from patterns.concurrency import sleep",
        "predict.hint()",
        "predict.check(simulate(basic.run, predict.numbers, sleep, workers=3).elapsed)",
        "print(progress())",
        'progress().reset("basic/predict")\nprint(progress())',
    ]
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(here)}},
        kernel_manager_class=AsyncKernelAtFiles,
    ).execute()
    _, _, _, kept, reset = notebook.cells
    assert kept.outputs[0].text.startswith("1 of ")
    assert reset.outputs[0].text.startswith("0 of ")
    assert [*here.iterdir()] == []


def test_the_exercises_of_one_lesson_can_be_asked_for():
    assert next(iter(progress("basic").reached())) == "basic/predict"
    assert {key.partition("/")[0] for key in progress("basic").reached()} == {"basic"}
    with pytest.raises(ValueError, match=r"module must be one of basic, .*, got 'none'"):
        progress("none")
