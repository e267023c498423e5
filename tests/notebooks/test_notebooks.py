"""Every notebook keeps the rules, and every rule refuses what breaks it."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from notebook_rules import Notebook, problems
from tools.execute_notebooks import find_notebooks, normalised

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = find_notebooks(ROOT / "notebooks")
PNG = "iVBORw0KGgo="
PICTURE = {
    "text/plain": "3 workers, 10 jobs, 4.0 s",
    "text/html": f'<img alt="3 workers, 10 jobs" src="data:image/png;base64,{PNG}">',
}
MUTE = f'<img src="data:image/png;base64,{PNG}">'
MOST_BYTES = 8_000_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_notebook_keeps_every_rule(path):
    assert problems(Notebook.read(path, ROOT)) == []


def test_all_notebooks_together_stay_small_enough_to_clone_at_once():
    assert sum(path.stat().st_size for path in NOTEBOOKS) < MOST_BYTES


@pytest.mark.parametrize("stem", ["00_start_here", "01_basic"])
def test_the_workbook_has_its_first_notebooks(stem):
    assert stem in [path.stem for path in NOTEBOOKS]


def heading(text="# Title"):
    return v4.new_markdown_cell(text)


def code(source="1 + 1", *tags, outputs=()):
    return v4.new_code_cell(
        source, metadata={"tags": list(tags)} if tags else {}, outputs=list(outputs)
    )


def showing(data):
    return v4.new_output("display_data", data=data)


def saying(text, stream="stdout"):
    return v4.new_output("stream", text=text, name=stream)


def problems_of(*cells, change=lambda node: None):
    """Return the problems of a notebook with these cells, executed in order, then changed."""
    node = normalised(v4.new_notebook(cells=list(cells)))
    for count, cell in enumerate([c for c in node.cells if c.cell_type == "code"], start=1):
        cell.execution_count = count
    change(node)
    nbformat.validate(node)
    return problems(Notebook(node, ROOT / "notebooks" / "made_up.ipynb", ROOT))


def test_a_good_notebook_has_no_problem():
    assert (
        problems_of(
            heading("# Title\n\n[the README](../README.md)\n\n## Part"),
            code("draw()", outputs=[showing(PICTURE), saying("0.5 jobs/s, see https://a.org/b/c")]),
            code("r = measure(f)\nassert r.elapsed > 0", "real-clock", "nbval-ignore-output"),
            code("assert r.elapsed > 0\nr", "real-clock", "nbval-ignore-output"),
            code("interact(draw, workers=(1, 9))", "widget", "nbval-ignore-output"),
            code("warn()", "stderr", outputs=[saying("careful", "stderr")]),
            code("await pool()"),
        )
        == []
    )


def uncounted(node):
    node.cells[1].execution_count = None


def counted_twice(node):
    node.cells[1].execution_count = 2


def with_python_version(node):
    node.metadata.language_info.version = "3.11.7"


def with_another_kernel(node):
    node.metadata.kernelspec.name = "my-venv"


def with_times(node):
    node.cells[1].metadata = nbformat.from_dict({"execution": {"iopub.status.busy": "now"}})


EVERY_CHANGE = "differs from run to run"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(uncounted, "execution count None, not 1", id="a cell never run"),
        pytest.param(counted_twice, "execution count 2, not 1", id="cells run out of order"),
        pytest.param(with_python_version, EVERY_CHANGE, id="the version of Python"),
        pytest.param(with_another_kernel, EVERY_CHANGE, id="a kernel of one's own"),
        pytest.param(with_times, EVERY_CHANGE, id="execution times"),
    ],
)
def test_it_is_refused_to_store(change, says):
    [problem] = problems_of(heading(), code(), change=change)
    assert says in problem


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        pytest.param(
            code("1", "nbval-ignore-output"),
            "neither real-clock nor widget",
            id="an output that is not compared, for no reason",
        ),
        pytest.param(
            code("# NBVAL_IGNORE_OUTPUT\n1"), "in a comment", id="an exemption in a comment"
        ),
        pytest.param(code("1", "nbval-skip"), "every cell runs", id="a skipped cell"),
        pytest.param(code("1", "raises-exception"), "every cell runs", id="a cell that may fail"),
        pytest.param(
            code("assert True", "real-clock"), "measures nothing", id="a real clock that is not"
        ),
        pytest.param(
            code("measure(f)", "real-clock"),
            "asserts nothing",
            id="a measurement without a claim",
        ),
        pytest.param(code("print(1)", "widget"), "shows none", id="a widget cell without one"),
        pytest.param(
            code("\n".join(["1"] * 16)), "16 lines, more than 15", id="a cell of 16 lines"
        ),
        pytest.param(
            code("f()", outputs=[v4.new_output("error", ename="KeyError", evalue="x")]),
            "ends in KeyError",
            id="an error",
        ),
        pytest.param(
            code("f()", outputs=[saying("oh", "stderr")]), "writes to stderr", id="a warning"
        ),
        pytest.param(
            code("f()", outputs=[saying("in /home/ada/x.py")]),
            "names /home/ada/x.py",
            id="a path of one machine, printed",
        ),
        pytest.param(
            code('open("/data/jobs.json")'),
            "names /data/jobs.json",
            id="a path of one machine, in code",
        ),
        pytest.param(code("plot();"), "ends in a semicolon", id="a semicolon at the end"),
    ],
)
def test_it_is_refused_to_have(cell, says):
    found = problems_of(heading(), cell, code(), code())
    assert [problem for problem in found if says in problem] == found != []


@pytest.mark.parametrize(
    ("markdown", "says"),
    [
        pytest.param("no title", "0 headings of level 1", id="no title"),
        pytest.param("# A\n\n# B", "2 headings of level 1", id="two titles"),
        pytest.param("# A\n\n### B", "level 3 follows one of level 1", id="a skipped level"),
        pytest.param("# A\n\n![](../README.md)", "no alternative text", id="a mute image"),
        pytest.param("# A\n\n| |b|\n|-|-|\n|c|d|", "column without a name", id="a mute column"),
        pytest.param("# A\n\n[b](b.ipynb)", "leads nowhere", id="a dead link"),
        pytest.param("# A\n\n[b](../../b.md)", "leaves the repository", id="a link outside"),
        pytest.param("# A\n\n![b](b.png)", "leads nowhere", id="an image that is not there"),
    ],
)
def test_it_is_refused_to_write(markdown, says):
    [problem] = problems_of(heading(markdown))
    assert says in problem


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"text/plain": "<Figure size 640x480>"}, "does not say", id="without words"),
        pytest.param({"text/html": MUTE}, "without an alternative text", id="without alt"),
        pytest.param({"text/html": MUTE.replace("png", "gif")}, "is no PNG", id="as GIF"),
        pytest.param({"image/png": PNG}, "shows image/png", id="stored twice"),
        pytest.param({"image/svg+xml": "<svg/>"}, "image/svg+xml", id="as SVG"),
    ],
)
def test_a_picture_is_refused(change, says):
    found = problems_of(heading(), code(outputs=[showing(PICTURE | change)]))
    assert any(says in problem for problem in found)


def test_a_notebook_must_begin_with_prose():
    assert "the first cell is not markdown" in problems_of(code(), heading())


def test_a_notebook_must_have_short_cells_for_the_most_part():
    [problem] = problems_of(heading(), code("\n".join(["1"] * 7)))
    assert problem == "half the code cells have more than 6 lines"


def test_a_measurement_may_be_shown_by_a_later_cell_only_on_the_real_clock():
    found = problems_of(
        heading(),
        code("r = measure(f)"),
        code("assert r\nr", "real-clock", "nbval-ignore-output"),
    )
    assert ["measures nothing" in problem for problem in found] == [True]
