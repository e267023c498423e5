"""What the notebook of the generic pool says that mypy says."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]

IMPORTS = """
from patterns import generic, reusable
from patterns.generic import Pool
"""

BESIDE = """
from concurrent.futures import ThreadPoolExecutor

from patterns.plain import generic as plain

async def length_later(text: str) -> int:
    return len(text)

executor = ThreadPoolExecutor()
reveal_type(executor.map(length, [42]))  # mypy: Revealed type is "typing.Iterator[int]"
executor.submit(length, 42)  # mypy: Argument 2 to "submit" of "Executor" has incompatible type
counting = plain.tasks(["a"], length_later)
reveal_type(counting)  # mypy: patterns.concurrency.report.Report[str, int]
refused = plain.tasks([42], length_later)  # mypy: expected "Callable[[int], Awaitable[int]]"

report = generic.run(["a"], length)
reveal_type(dict(zip(["a"], report.values)))  # mypy: Revealed type is "dict[str, int]"
report.results[0].value  # mypy: Item "Failed[str]"
"""


def shown_in_the_notebook():
    """Return the programs of the notebook that say what mypy says of them."""
    cells = nbformat.read(ROOT / "notebooks" / "03_generic.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    blocks = re.findall("^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "# mypy: " in block]


PROGRAM = "\n".join([IMPORTS, *shown_in_the_notebook(), BESIDE]).splitlines()


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Return what mypy says of PROGRAM, by line number."""
    file = tmp_path_factory.mktemp("types") / "program.py"
    file.write_text("\n".join(PROGRAM))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-pretty", "--no-error-summary", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    said = {}
    for line in done.stdout.splitlines():
        _, number, message = line.split(":", 2)
        said.setdefault(int(number), []).append(message.strip())
    return said


def test_the_notebook_shows_two_programs_and_what_the_type_checker_says_of_them():
    assert [block.count("# mypy: ") for block in shown_in_the_notebook()] == [4, 1]


@pytest.mark.parametrize(
    "number",
    [number for number, line in enumerate(PROGRAM, start=1) if line],
    ids=lambda number: PROGRAM[number - 1].partition("  #")[0],
)
def test_the_type_checker_says(checked, number):
    expected = PROGRAM[number - 1].partition("# mypy: ")[2]
    said = "; ".join(checked.get(number, ()))
    if expected:
        assert expected in said
    else:
        assert said == ""
