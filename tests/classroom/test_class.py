"""A class of thirty is graded in one go by the commands of the guide, and gets what it deserves.

Among them are submissions that hang, crash, take all the memory and cheat.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from submissions import CLASS, MOST, hand_in
from support import ROOT

from lab.teaching.exercises import abouts
from lab.teaching.handed_in import cells_of, grade_cells

pytest.importorskip("nbgrader", reason="nbgrader is missing: make test-classroom installs it")

GUIDE = (ROOT / "teaching" / "README.md").read_text(encoding="utf-8")
every_student = pytest.mark.parametrize("name", CLASS)
every_notebook = pytest.mark.parametrize("about", abouts(), ids=lambda about: about.module)


def commands(heading):
    """Return the first block of commands below a heading of the guide."""
    found = re.search(rf"^## {heading}$.*?^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def run(folder, block):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-c", block],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    """Return a folder that has of the workbook what teachers grade with."""
    folder = tmp_path_factory.mktemp("workbook")
    ignored = shutil.ignore_patterns(
        "release", "submitted", "autograded", "feedback", "*.db", "*.csv"
    )
    shutil.copytree(ROOT / "teaching", folder / "teaching", ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def marks(workbook):
    """Grade the class with nbgrader; return all points, by student and exercise."""
    run(workbook, commands("Hand out"))
    for name in CLASS:
        hand_in(name, workbook / "teaching" / "submitted" / name / "basic" / "01_basic.ipynb")
    run(workbook, commands("Grade with nbgrader"))
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{workbook / 'teaching' / 'gradebook.db'}") as gradebook:
        return {
            name: {
                grade.name.split("-")[1]: grade.score
                for notebook in gradebook.find_submission("basic", name).notebooks
                for grade in notebook.grades
            }
            for name in CLASS
        }


@pytest.fixture(scope="module")
def rows(workbook):
    """Grade the class without nbgrader; return the rows of the CSV file, by student."""
    for name in CLASS:
        hand_in(name, workbook / "handed_in" / name / "01_basic.ipynb")
    run(workbook, commands("Grade without nbgrader"))
    with open(workbook / "marks.csv", encoding="utf-8", newline="") as file:
        found = [*csv.DictReader(file)]
    return {name: [row for row in found if row["student"] == name] for name in CLASS}


def test_the_class_has_thirty_students():
    assert len(CLASS) == 30


@every_notebook
def test_what_nbgrader_releases_is_what_students_open(workbook, about):
    run(workbook / "teaching", f"nbgrader generate_assignment {about.module} --force")
    made = workbook / "teaching" / "release" / about.module / f"{about.notebook}.ipynb"
    opened = ROOT / "notebooks" / "exercises" / f"{about.notebook}.ipynb"
    assert cells(made) == cells(opened)


def cells(path):
    return [
        (cell.cell_type, cell.source, cell.metadata.get("tags"), nbgraders(cell))
        for cell in nbformat.read(path, as_version=4).cells
    ]


def nbgraders(cell):
    """What nbgrader is told of a cell, without what it adds itself."""
    told = cell.metadata.get("nbgrader", {})
    return {name: told[name] for name in told if name not in {"checksum", "cell_type"}}


@every_student
def test_nbgrader_gives_each_student_the_marks_deserved(marks, name):
    assert marks[name] == CLASS[name].marks


@every_student
def test_the_folders_grader_gives_each_student_the_marks_deserved(rows, name):
    points = {row["exercise"].removeprefix("basic/"): int(row["points"]) for row in rows[name]}
    assert points == CLASS[name].marks


@every_notebook
def test_the_model_solutions_of_every_lesson_get_all_marks(about):
    path = ROOT / "teaching" / "source" / about.module / f"{about.notebook}.ipynb"
    sheet = grade_cells(cells_of(nbformat.read(path, as_version=4), about), about)
    assert sheet.left_out == {}
    wrong = [each.feedback for each in sheet.graded.values() if each.points < each.most]
    assert wrong == []


def test_whoever_changes_the_code_that_grades_is_told_what_was_changed(rows):
    [said] = [row["why not all"] for row in rows["tony"] if row["exercise"] == "basic/repair"]
    assert said.startswith("its cell was left out: it changes the code that grades it: ")
    assert said.endswith("lab.teaching.problem.Task.judged")


def test_students_get_their_feedback_with_the_reasons(marks, workbook):
    [page] = (workbook / "teaching" / "feedback" / "hedy").rglob("*.html")
    assert "as many jobs are in work as there are workers" in page.read_text(encoding="utf-8")


def test_nbgrader_exports_the_sums(marks, workbook):
    with open(workbook / "teaching" / "marks.csv", encoding="utf-8", newline="") as file:
        exported = [row for row in csv.DictReader(file) if row["assignment"] == "basic"]
    sums = {row["student_id"]: float(row["score"]) for row in exported}
    assert sums == {name: sum(CLASS[name].marks.values()) for name in CLASS}
    assert sums["ada"] == sum(MOST.values())
