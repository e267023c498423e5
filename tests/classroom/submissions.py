"""A class of thirty: what each of them hands in, and the marks that each deserves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import nbformat
from support import ROOT

from lab.teaching.texts import segment

RELEASED = ROOT / "notebooks" / "exercises" / "01_basic.ipynb"
MOST = {"predict": 4, "read": 4, "repair": 10, "extend": 10, "ordered": 10}
RIGHT = {name: segment("solutions", f"basic/{name}") for name in MOST}


class Student(NamedTuple):
    """Somebody who hands in.

    Attributes:
        answers: the code of the answers; what is not among them is left as it was.
        marks: deserved.
        also: called with the notebook, does what is left to do.
    """

    answers: Mapping[str, str]
    marks: Mapping[str, float]
    also: Callable[[nbformat.NotebookNode], None] = lambda notebook: None


def right(**but: str) -> Mapping[str, str]:
    return RIGHT | but


def marks(**but: float) -> Mapping[str, float]:
    return MOST | but


def spoilt(code: str) -> Student:
    """Somebody who has all right but the repair, where this stands."""
    return Student(right(repair=code), marks(repair=0))


def spoilt_inside(line: str, before: str = "") -> Student:
    return spoilt(f"{before}\ndef my_pool(jobs, workers, buffer):\n    {line}\n")


START = segment("starts", "basic/repair")


def cheating(code: str) -> Student:
    """Somebody who leaves the repair's faulty pool as it was, and tampers with something."""
    return spoilt(f"{START}\n\n\n{code}")


def drop(*names: str) -> Callable[[nbformat.NotebookNode], None]:
    def without(notebook: nbformat.NotebookNode) -> None:
        notebook.cells = [c for c in notebook.cells if not {*names} & {*c.metadata.get("tags", ())}]

    return without


def print_ten(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if "check-repair" in cell.metadata.get("tags", ()):
            cell.source = "10.0"
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "10.0"})]
            cell.metadata["nbgrader"]["points"] = 100


def drop_imports(notebook: nbformat.NotebookNode) -> None:
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") != "basic-imports"
    ]


FAKE = """
class Fake:
    def check(self, answer):
        return "Right: every result came out (10 of 10 points)"

    judged = graded = grade = check


repair = Fake()
"""
MARKS = """
from lab.teaching.marks import Marks

Marks.points = property(lambda marks: 10.0)
"""
JUDGED = """
from lab.teaching import problem
from lab.teaching.marks import Feedback, Mark, Marks

problem.Task.judged = lambda *_, **__: Feedback(True, "right", Marks([Mark("all", 10, 10)]))
"""
GRADE = """
from lab.teaching import classroom

classroom.grade = lambda *_: 10.0
repair.graded = repair.judged = repair.grade = lambda *_, **__: 10.0
repair._demands = ()
"""
CODE = """
from lab.teaching import trying

trying._found.__code__ = (lambda run, seed, trial, demands: ({}, False)).__code__
"""
BUILT_IN = """
import builtins

builtins.any = lambda _: False
"""
CATCHING = """
def my_pool(jobs, workers, buffer):
    while True:
        try:
            Channel(0, "nothing").receive()
        except BaseException:
            pass
"""
EQUAL = """
class Anything(str):
    def __eq__(self, other):
        return True

    __ne__ = __lt__ = __gt__ = __float__ = __abs__ = __hash__ = lambda self, other=None: 0


class Number(float):
    def __sub__(self, other):
        return 0.0

    __rsub__ = __add__ = __sub__


seconds, letters = Number(0.0), Anything("ABC")
"""
LIST = """
class Always(list):
    def __eq__(self, other):
        return True


def my_pool(jobs, workers, buffer):
    return Always()
"""
ONE_WORKER = RIGHT["repair"].replace("basic.work, workers,", "basic.work, 1,")

CLASS: dict[str, Student] = {
    "ada": Student(right(), marks()),
    "alan": Student(right(), marks()),
    "edsger": Student(right(), marks(), drop("check-repair")),
    "frances": Student(right(), marks(), drop_imports),
    "grace": Student(
        {name: RIGHT[name] for name in ("predict", "repair")}, marks(read=0, extend=0, ordered=0)
    ),
    "hedy": Student(right(repair=ONE_WORKER), marks(repair=6)),
    "ivan": Student({}, dict.fromkeys(MOST, 0)),
    "john": spoilt("while True:\n    pass"),
    "jean": spoilt("sum(iter(int, 1))  # a loop in C"),
    "ken": spoilt("import time\n\ntime.sleep(10**6)"),
    "kathleen": spoilt_inside("while True: pass"),
    "leslie": spoilt_inside("sum(iter(int, 1))"),
    "margaret": spoilt("import os\n\nos._exit(0)"),
    "niklaus": spoilt_inside("os._exit(0)", "import os"),
    "olga": spoilt("kept = [0] * 10**10"),
    "peter": spoilt_inside("return [[*range(10**6)] for _ in range(10**6)]"),
    "radia": spoilt("def my_pool(jobs, workers, buffer:\n    return 1"),
    "robin": Student(right(), marks(repair=0), drop("exercise-repair", "check-repair")),
    "shafi": spoilt(RIGHT["repair"].replace("def my_pool", "def our_pool")),
    "sophie": spoilt("import os, signal\n\nos.killpg(0, signal.SIGKILL)"),
    "tim": cheating(FAKE),
    "tony": cheating(JUDGED),
    "ursula": cheating(GRADE),
    "vint": cheating(MARKS),
    "whitfield": cheating(CODE),
    "xenia": cheating(BUILT_IN),
    "yukihiro": Student(right(repair=START), marks(repair=0), print_ten),
    "zuse": spoilt(CATCHING),
    "anita": Student(right(predict=EQUAL, read=""), marks(predict=0, read=0)),
    "brian": spoilt(LIST),
}


def hand_in(name: str, path: Path) -> None:
    """Write a student's notebook to a path."""
    student = CLASS[name]
    notebook = copy.deepcopy(nbformat.read(RELEASED, as_version=4))
    for cell in notebook.cells:
        if cell.source.startswith('student = "guest"'):
            cell.source = f'student = "{name}"'
        for tag in cell.metadata.get("tags", ()):
            name_of_answer = tag.removeprefix("exercise-")
            if tag.startswith("exercise-") and name_of_answer in student.answers:
                cell.source = student.answers[name_of_answer]
    student.also(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
