"""What the site is made of: every lesson, its first page, and one place for addresses."""

import tomllib
from pathlib import Path

import nbformat
import pytest
from support import ROOT

from lab.plots.player import Player
from tools import site

CONFIG = tomllib.loads((ROOT / "site" / "config.toml").read_text(encoding="utf-8"))


def test_every_notebook_is_a_lesson_of_the_site_and_the_start_comes_first():
    there = {path.relative_to(ROOT / "notebooks") for path in ROOT.glob("notebooks/**/*.ipynb")}
    lessons = site.lessons()
    assert {path for path in there if ".ipynb_checkpoints" not in path.parts} == set(lessons)
    assert lessons[0] == Path("00_start_here.ipynb")


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "SITE", tmp_path)
    site.write_index([(Path("01_basic.ipynb"), "The basic pool")], "you/workbook")
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_first_page_says_what_this_is_and_leads_to_a_lesson_three_ways(index):
    assert "Worker pools you can run, watch and take apart." in index
    assert 'href="read/01_basic.html"' in index
    assert 'href="lite/lab/index.html?path=01_basic.ipynb"' in index
    assert "https://mybinder.org/v2/gh/you/workbook/HEAD?urlpath=lab/tree/notebooks/" in index


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("../01_basic.ipynb#buffers", "../01_basic.html#buffers"),
        ("../lite/lab/index.html?path=a.ipynb", "../lite/lab/index.html?path=a.ipynb"),
        ("https://example.org/a.ipynb", "https://example.org/a.ipynb"),
    ],
)
def test_a_link_to_a_lesson_leads_to_its_page_and_one_that_runs_it_stays(link, there):
    assert site.read_links(f'<a href="{link}">') == f'<a href="{there}">'


def test_a_player_of_a_lesson_is_found_by_running_it():
    imports = "from lab import play, simulate\nfrom patterns import basic"
    cells = [imports, "play(simulate(basic.demo))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    [(place, player)] = site.players(notebook)
    assert place == 1
    assert isinstance(player, Player)


def test_a_cell_can_read_the_code_of_those_before():
    cells = ["def job():\n    return 1", "from inspect import getsource\ngetsource(job)"]
    names = {}
    values = [site._run_cell(cell, names, f"<cell {n}>") for n, cell in enumerate(cells)]
    assert values == [None, cells[0]]


def test_a_cell_that_fails_is_not_passed_over():
    cells = [nbformat.v4.new_code_cell(cell) for cell in ("1 / 0", "play(run)")]
    with pytest.raises(ZeroDivisionError):
        list(site.players(nbformat.v4.new_notebook(cells=cells)))


def test_the_packages_come_from_the_version_of_pyodide_that_is_used():
    assert f"/v{CONFIG['pyodide']}/" in CONFIG["pyodide_cdn"]
