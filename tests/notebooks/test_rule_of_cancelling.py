"""The rule of cancelling stands in two places, for readers of the code and of the lessons."""

import re
from pathlib import Path

import nbformat

from patterns.concurrency import context

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "01_basic.ipynb"

POINT = re.compile(r"^>? ?(\d\. .+(?:\n   .+)*)", re.MULTILINE)


def points(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", point.replace("**", "")) for point in POINT.findall(text)]


def test_the_basic_notebook_states_the_rule_in_the_words_of_the_code():
    lesson = nbformat.read(LESSON, as_version=4)
    box = next(cell.source for cell in lesson.cells if "**The rule of cancelling**" in cell.source)
    rule = points(context.__doc__ or "")
    assert len(rule) == 5
    assert points(box) == rule
