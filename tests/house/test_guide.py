"""The guide for teachers: whatever it tells of a run, of a lesson or of an exercise is so."""

import inspect
import io
import json
import re
from contextlib import redirect_stdout
from functools import cache

import pytest
from support import ROOT

from lab.teaching import exercises
from lab.teaching.problem import Problem
from lab.teaching.trying import SCHEDULES
from notebook_rules import Page, dead_links
from tools import site
from tools.slides import SLIDES

FOLDER = ROOT / "teaching"
GUIDE = (FOLDER / "guide.md").read_text(encoding="utf-8")
FIRST, *BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
SECTIONS = re.findall(r"^### \[.+?\]\(\.\./(\S+\.ipynb)\)\n(.*?)(?=^##)", GUIDE, re.M | re.S)


@cache
def imported():
    names = {"__name__": "__main__"}
    exec(FIRST, names)
    return names


@cache
def source_of(notebook):
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def section(heading):
    [text] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", GUIDE, re.M | re.S)
    return text


def code_and_output(block):
    *lines, last = block.rstrip().splitlines()
    told = []
    while last.startswith("# "):
        told.insert(0, last.removeprefix("# "))
        last = lines.pop()
    return "\n".join([*lines, last]), "\n".join(told)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][:40])
def test_what_it_gives_to_type_runs_and_shows_what_it_says(block):
    code, told = code_and_output(block)
    printed = io.StringIO()
    with redirect_stdout(printed):
        value = site._run_cell(code, dict(imported()), "<the guide>")
    shown = printed.getvalue() + ("" if value is None else repr(value))
    assert "\n".join(line.rstrip() for line in shown.strip().splitlines()) == told or not told


def test_each_misconception_has_a_line_to_type():
    cures = re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", section(".*cures them"), re.M | re.S)
    assert len(cures) >= 10
    assert [heading for heading, text in cures if "```python" not in text] == []


def test_the_figures_in_its_sentences_are_those_of_the_runs():
    told = re.findall(r"`([^`]+)`\s+gives\s+`([^`]+)`", GUIDE)
    assert len(told) >= 7
    for expression, value in told:
        assert repr(eval(expression, dict(imported()))) == value, expression


@pytest.mark.parametrize(("notebook", "text"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_a_cell_to_show_is_in_its_lesson(notebook, text):
    cells = re.findall(r"[Cc]ells? *\n?`([^`]+)`", text)
    shown = [".*".join(map(re.escape, cell.split("…"))) for cell in cells]
    assert [cell for cell in shown if not re.search(cell, source_of(notebook))] == []


def test_each_lesson_has_a_section_and_asks_twice():
    lessons = {str(path.relative_to(ROOT)) for path in ROOT.glob("notebooks/[01]*.ipynb")}
    asks = {name: text.count("Expect") for name, text in SECTIONS if name in lessons}
    assert set(asks) == lessons
    assert {name: times for name, times in asks.items() if times != 2} == {}


def test_the_minutes_of_a_lesson_are_those_it_says():
    rows = re.findall(r"^\| \[.+?\]\(\.\./(\S+)\) \| (\d+) \|", section("Sessions"), re.M)
    assert len(rows) >= 13
    said = {name: re.search(r"About (\d+) minutes", source_of(name)) for name, _ in rows}
    assert [name for name, found in said.items() if found is None] == [
        "notebooks/final_project.ipynb"
    ]
    assert [name for name, told in rows if said[name] and said[name][1] != told] == []


@pytest.mark.parametrize(("heading", "end"), [("A lecture", (45, 90)), ("A lab", (90,))])
def test_the_minutes_of_a_plan_follow_one_another(heading, end):
    ends, last = [], 0
    for begin, until in re.findall(r"^\| (\d+)\u2013(\d+) \|", section(heading), re.M):
        if begin == "0" and last:
            ends.append(last)
        else:
            assert int(begin) == last
        last = int(until)
    assert (*ends, last) == end


def test_every_link_leads_somewhere():
    page = Page.of(GUIDE)
    assert list(dead_links(page.links, FOLDER, ROOT)) == []
    anchors = {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", GUIDE, re.M)
    }
    assert [link for link in page.links if link.startswith("#") and link[1:] not in anchors] == []


def test_every_exercise_it_names_is_there():
    named = re.findall(rf"`((?:{'|'.join(exercises.MODULES)})/\w+)`", GUIDE)
    assert len(named) >= 5
    assert sorted(set(named) - {problem.key for problem in exercises.problems()}) == []


def test_the_table_of_exercises_has_a_row_for_each_notebook_of_them():
    told = re.findall(r"^\| \[.+?\]\(\.\./(\S+)\) \| `", section("The exercises"), re.M)
    assert told == [f"notebooks/exercises/{about.notebook}.ipynb" for about in exercises.abouts()]


def test_the_slides_are_those_that_are_made():
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (.+) \|$", section("The slides"), re.M)
    made = [make() for make in SLIDES]
    assert rows == [
        (str(number), str(int(slide.lesson[:2])), slide.heading)
        for number, slide in enumerate(made, start=1)
    ]
    assert all(1 <= int(n) <= len(made) for n in re.findall(r"[Ss]lides? (\d+)", GUIDE))


def test_it_says_how_many_orders_a_check_and_a_grading_try():
    defaults = inspect.signature(Problem.graded).parameters
    orders, first = defaults["schedules"].default, defaults["first_seed"].default
    text = " ".join(section("Points").split()).replace("**", "")
    assert f"tries {SCHEDULES} random orders of each trial" in text
    assert f"tries {orders} others, from seed {first:,} on" in text
