"""The slides of the lecture: each has what is to be asked, said and played, in one page."""

import json
import re

import pytest
from support import ROOT

from tools import slides


@pytest.fixture(scope="module")
def made():
    return [make() for make in slides.SLIDES]


@pytest.fixture(scope="module")
def page(made):
    return slides.page(made)


def test_each_lesson_has_a_slide_in_the_order_of_the_lessons(made):
    lessons = [path.stem for path in sorted(ROOT.glob("notebooks/[01]*.ipynb"))]
    assert list(dict.fromkeys(slide.lesson for slide in made)) == lessons


def test_each_slide_has_its_heading_its_sentence_and_something_to_play(made, page):
    told = re.findall(r"<h1>(.+?)</h1><p class=\"sentence\">(.+?)</p>", page)
    assert len(told) == len(made) >= 12
    played = json.loads(
        re.findall(r'<script type="application/json" id="data">(.*)</script>', page)[0]
    )
    assert played == [json.loads(slide.player.json()) for slide in made]
    for slide, data in zip(made, played, strict=True):
        assert slide.heading.endswith("?")
        assert data["panels"] or data["run"]["jobs"]["id"], slide.heading


def test_the_page_loads_nothing(page):
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)\s*=\s*[\"']|@import|url\(", page.partition("<script")[0])


def test_a_race_on_a_variable_shows_the_statements_and_no_numbers_of_lines(made):
    turns = [turn["text"] for turn in made[-1].player.data["panels"][0]["turns"]]
    assert turns.count("total += 1") == 4
    assert not any("line" in turn for turn in turns)


def test_a_heading_cannot_break_the_page():
    assert slides.sentence("is `a < b`?") == "is <code>a &lt; b</code>?"


def test_the_command_writes_the_page_where_it_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "SLIDES", slides.SLIDES[:1])
    slides.main(["--to", str(tmp_path / "new" / "index.html")])
    assert "<h1>" in (tmp_path / "new" / "index.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip().endswith("index.html")
