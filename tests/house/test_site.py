"""What the site is made of: every lesson, its first page, and one place for addresses."""

import json
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from support import ROOT

from lab import draw, simulate
from lab.plots.player import Player
from notebook_rules import Page
from patterns import basic
from tools import site

CONFIG = tomllib.loads((ROOT / "site" / "config.toml").read_text(encoding="utf-8"))


def test_every_notebook_is_a_lesson_of_the_site_and_the_start_comes_first():
    there = {path.relative_to(ROOT / "notebooks") for path in ROOT.glob("notebooks/**/*.ipynb")}
    lessons = site.lessons()
    assert {path for path in there if ".ipynb_checkpoints" not in path.parts} == set(lessons)
    assert lessons[0] == Path("00_start_here.ipynb")


BASIC = Path("01_basic.ipynb")


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "SITE", tmp_path)
    page = site.Read(BASIC, "The basic pool", (("Who-closes?", "Who closes </script>?"),))
    site.write_index([page], "you/workbook")
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_first_page_says_what_this_is_and_leads_to_a_lesson_three_ways(index):
    assert "Worker pools you can run, watch and take apart." in index
    assert 'href="read/01_basic.html"' in index
    assert 'href="lite/lab/index.html?path=01_basic.ipynb"' in index
    assert "https://mybinder.org/v2/gh/you/workbook/HEAD?urlpath=lab/tree/notebooks/" in index


def test_the_first_page_holds_every_heading_to_be_found(index):
    [places] = re.findall(r'id="places">(.*?)</script>', index)
    heading = ["read/01_basic.html#Who-closes%3F", "Who closes </script>?", "The basic pool"]
    assert json.loads(places) == [heading]


def test_the_headings_of_a_page_are_known_with_their_anchors():
    link = '<a class="anchor-link" href="#A-&amp;-B">¶</a>'
    body = f'<h2 id="A-&amp;-B">A <code>&amp;</code> B{link}</h2>'
    assert list(site.headings_of(body)) == [("A-&-B", "A & B")]


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("../01_basic.ipynb#buffers", "../01_basic.html#buffers"),
        ("../../lite/lab/index.html?path=a.ipynb", "../../lite/lab/index.html?path=a.ipynb"),
        ("https://example.org/a.ipynb", "https://example.org/a.ipynb"),
        ("#here", "#here"),
        ("../exercises", "../../index.html#exercises"),
        ("../../index.html", "../../index.html"),
        ("../../patterns", "https://github.com/you/workbook/tree/HEAD/patterns"),
        (
            "../../lab/command.py#run",
            "https://github.com/you/workbook/blob/HEAD/lab/command.py#run",
        ),
    ],
)
def test_a_link_of_a_lesson_leads_to_a_page_and_one_that_runs_it_stays(link, there):
    mended = site.read_links(
        f'<a class="x" href="{link}">', Path("further/a.ipynb"), "you/workbook"
    )
    assert mended == f'<a class="x" href="{there}">'


def test_a_picture_that_scrolls_can_be_reached_by_keys_in_a_page():
    body = site.reachable(draw(simulate(basic.demo)).html())
    assert '<div style="overflow-x:auto" tabindex="0" role="group" aria-label="picture">' in body


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("../images/pool.svg", "images/pool.svg"),
        ("../patterns", "https://github.com/you/workbook/tree/HEAD/patterns"),
        ("exercises/01_basic.ipynb", "exercises/01_basic.ipynb"),
    ],
)
def test_a_link_in_the_browsers_lab_leads_to_what_is_there(link, there):
    assert site.lite_links(f"[a]({link})", BASIC, "you/workbook") == f"[a]({there})"


def test_a_link_from_a_folder_of_the_browsers_lab_stays_in_it():
    path = Path("further/09_plain_python.ipynb")
    assert site.lite_links("[a](../../images/pool.svg)", path, "") == "[a](../images/pool.svg)"
    assert site.lite_links("[a](../01_basic.ipynb#x)", path, "") == "[a](../01_basic.ipynb#x)"


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


def test_the_addresses_of_the_readme_are_those_of_the_site():
    links = Page.of((ROOT / "README.md").read_text(encoding="utf-8")).links
    start = site.binder(CONFIG["repository"], Path("00_start_here.ipynb"))
    hosts = ("mybinder.org", ".github.io")
    ours = {link for link in links if (urlsplit(link).hostname or "").endswith(hosts)}
    assert ours == {CONFIG["address"], start}
