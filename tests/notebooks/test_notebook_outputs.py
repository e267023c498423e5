"""`make notebooks` stores outputs, and nbval compares them: text everywhere, pictures here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import v4

from tools.execute_notebooks import execute
from tools.nbval_pictures import compares_pictures

ROOT = Path(__file__).resolve().parents[2]
PNG, OTHER_PNG = "iVBORw0KGgo=", "iVBORw0KGgoA" * 1000
PICTURE = f"""
html = '<img alt="a picture" src="data:image/png;base64,{PNG}">'
display({{"text/plain": "a picture", "text/html": html}}, raw=True)
"""
WARNING = "import warnings\nwarnings.warn('careful')"

only_where_pictures_are_compared = pytest.mark.skipif(
    not compares_pictures(ROOT / "requirements.txt"), reason="pictures differ between platforms"
)


def stored(folder, *cells):
    """Write a notebook of these cells, run it in place, and return what it holds then."""
    path = folder / "made_up.ipynb"
    nbformat.write(v4.new_notebook(cells=list(cells)), path)
    execute(path)
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """Four cells, a picture, another picture, a warning, an object; the second is then changed."""
    cells = map(v4.new_code_cell, [PICTURE, PICTURE, WARNING, "object()"])
    notebook = stored(tmp_path_factory.mktemp("changed"), *cells)
    data = notebook.cells[1].outputs[0].data
    data["text/html"] = data["text/html"].replace(PNG, OTHER_PNG)
    return notebook


def outcomes(folder, notebook, requirements):
    """Compare the cells as `make test` does: each one's outcome, and how much pytest says."""
    nbformat.write(notebook, folder / "made_up.ipynb")
    (folder / "requirements.txt").write_text(requirements)
    sanitize = str(ROOT / "tests" / "nbval_sanitize.cfg")
    options = "-p tools.nbval_pictures --nbval --nbval-current-env --rootdir=. --color=no -rA"
    said = subprocess.run(
        [sys.executable, "-m", "pytest", ".", "--nbval-sanitize-with", sanitize, *options.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    ).stdout
    found = re.findall(r"^(PASSED|FAILED) made_up.ipynb::Cell (\d)", said, re.MULTILINE)
    return {int(cell): outcome for outcome, cell in found}, len(said)


@pytest.fixture(scope="module")
def here(tmp_path_factory, changed):
    requirements = (ROOT / "requirements.txt").read_text()
    return outcomes(tmp_path_factory.mktemp("here"), changed, requirements)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, changed):
    requirements = "matplotlib==0.1\nnumpy==0.1\npillow==0.1\n"
    return outcomes(tmp_path_factory.mktemp("elsewhere"), changed, requirements)


@only_where_pictures_are_compared
def test_only_the_changed_picture_fails(here):
    assert here[0] == {0: "PASSED", 1: "FAILED", 2: "PASSED", 3: "PASSED"}


@only_where_pictures_are_compared
def test_a_failure_does_not_print_the_picture(here):
    assert here[1] < 5000


def test_where_other_versions_draw_only_the_text_is_compared(elsewhere):
    assert elsewhere[0] == {0: "PASSED", 1: "PASSED", 2: "PASSED", 3: "PASSED"}


def test_what_is_stored_depends_on_neither_the_time_nor_the_version_of_python(tmp_path):
    notebook = stored(tmp_path, v4.new_code_cell("print('a')\nprint('b')\n1 + 1"))
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python"}
        | {"name": "python3"},
        "language_info": {"name": "python"},
    }
    [cell] = notebook.cells
    assert cell.metadata == {}
    assert [o.get("text") or o.data["text/plain"] for o in cell.outputs] == ["a\nb\n", "2"]


def test_the_output_of_a_widget_cell_is_not_stored(tmp_path):
    slider = "import ipywidgets\nipywidgets.IntSlider()"
    notebook = stored(tmp_path, v4.new_code_cell(slider, metadata={"tags": ["widget"]}))
    assert notebook.cells[0].outputs == []
    assert "widgets" not in notebook.metadata


def test_a_notebook_that_fails_is_left_as_it_was(tmp_path):
    path = tmp_path / "made_up.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    with pytest.raises(CellExecutionError):
        execute(path)
    assert path.read_bytes() == before
