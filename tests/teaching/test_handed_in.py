"""A notebook that was handed in gets the marks it deserves, and what it does stays its own affair.

`tests/classroom` hands in a whole class.
"""

import csv
import io
import json

import nbformat
import pytest
from support import ROOT

from lab.teaching import handed_in
from lab.teaching.exercises import abouts
from lab.teaching.grade_folder import HandedIn, found_in, grade_folder, main, table, write_csv
from lab.teaching.handed_in import Cell, about_cells, cells_of, grade_cells
from lab.teaching.texts import segment

pytestmark = pytest.mark.untraced

[BASIC] = [about for about in abouts() if about.module == "basic"]
OPENED = nbformat.read(ROOT / "notebooks" / "exercises" / "01_basic.ipynb", as_version=4)
IMPORTS = (
    "from lab import simulate\n"
    "from lab.teaching.exercises.basic import predict\n"
    "from patterns import basic\n"
    "from patterns.concurrency import sleep"
)
GRADE = [Cell("", "basic/predict"), *(Cell("", p.key) for p in BASIC.problems[1:])]
RIGHT = "await __import__('asyncio').sleep(0)\n" + segment("solutions", "basic/predict")


def test_the_cells_say_which_lesson_they_are_of_and_the_name_only_if_they_do_not():
    assert about_cells(OPENED) is BASIC
    assert about_cells({"cells": []}, "ada-01_basic.ipynb") is BASIC
    assert about_cells({"cells": []}, "ada.ipynb") is None


def test_checks_become_places_to_grade_and_the_student_is_run():
    cells = cells_of(OPENED, BASIC)
    assert [cell.grades for cell in cells if cell.grades] == [p.key for p in BASIC.problems]
    assert [cell.answers for cell in cells if cell.answers] == [p.key for p in BASIC.problems]
    assert "student" in cells[1].code


def test_imports_and_checks_that_were_deleted_are_put_back():
    cells = cells_of({"cells": [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}]}, BASIC)
    imports, own, *checks = cells
    assert "import extend, ordered" in imports.code.replace("predict, read, repair, ", "")
    assert own == Cell("a = 1\nb = 2", place=0)
    assert [cell.grades for cell in checks] == [problem.key for problem in BASIC.problems]


def test_a_cell_that_hangs_or_tampers_or_exits_costs_only_itself(monkeypatch):
    monkeypatch.setattr(handed_in, "CELL_SECONDS", 8.0)
    cells = [
        Cell(IMPORTS),
        Cell('student = "ada"\nprint("hello")'),
        Cell("predict = predict.of(student)"),
        Cell("import time\ntime.sleep(99)", answers="basic/repair"),
        Cell("from lab.teaching import problem\nproblem.checked = None", answers="basic/read"),
        Cell("import os\nos._exit(0)"),
        Cell("1 / 0"),
        Cell(RIGHT),
        *GRADE,
    ]
    sheet = grade_cells(cells, BASIC)
    assert sheet.student == "ada"
    assert [each.points for each in sheet.graded.values()] == [4, 0, 0, 0, 0]
    assert sheet.left_out == {
        3: "the cell is not done after 8 s",
        4: "it changes the code that grades it: lab.teaching.problem.checked",
        5: "the cell ends the whole process",
    }
    sentences = [each.feedback.sentence for each in sheet.graded.values()]
    assert sentences[2] == "its cell was left out: the cell is not done after 8 s"
    assert sheet.said[1] == "hello\n"
    assert "ZeroDivisionError" in sheet.said[6]


def test_students_are_named_by_their_folder_or_else_by_their_notebook(tmp_path):
    for name in ("ada/basic/01_basic.ipynb", "alan-01_basic.ipynb", "grace.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert [student for student, _ in found_in(tmp_path)] == ["ada", "alan", "grace"]


def test_what_cannot_be_read_is_said_and_stops_nobody(tmp_path):
    (tmp_path / "ada.ipynb").write_text("not JSON")
    (tmp_path / "alan.ipynb").write_text(json.dumps({"cells": []}))
    (tmp_path / "grace.ipynb").write_text("[]")
    handed = [*grade_folder(tmp_path)]
    assert [each.problem[:30] for each in handed] == [
        "it cannot be read: Expecting v",
        "it is none of the notebooks of",
        "it cannot be read: 'list' obje",
    ]
    assert "it is none of the notebooks" in str(table(handed))


def test_the_file_of_marks_has_a_row_for_each_exercise_and_no_formulas(tmp_path):
    sheet = handed_in.Sheet(student="=1+1")
    for problem in BASIC.problems:
        sheet.graded[problem.key] = handed_in.Graded(problem.key, problem.check(None))
    file = io.StringIO()
    write_csv([HandedIn("ada", tmp_path / "01_basic.ipynb", sheet)], file)
    rows = [*csv.DictReader(io.StringIO(file.getvalue()))]
    assert [row["exercise"] for row in rows] == [problem.key for problem in BASIC.problems]
    assert {(row["student"], row["points"], row["numbers of"]) for row in rows} == {
        ("ada", "0", "'=1+1")
    }


def test_a_folder_without_notebooks_is_refused_in_one_line(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "none")]) == 2
    complaints = capsys.readouterr().err.splitlines()
    assert complaints == [
        f"lab.teaching.grade_folder: FOLDER must have notebooks in it, got {tmp_path}",
        "lab.teaching.grade_folder: FOLDER must be a folder with what was handed in, got "
        f"{tmp_path / 'none'}",
    ]
