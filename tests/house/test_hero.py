"""The moving picture of the README: it shows what exploring finds, and nothing else."""

import re
from xml.etree import ElementTree

import pytest
from support import ROOT

from lab import explore
from notebook_rules import Page
from patterns import pitfalls
from tools.hero import CALLERS, ROOM, alternative, picture, story

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told():
    return story()


@pytest.fixture(scope="module")
def drawn(told):
    return ElementTree.fromstring(picture(told))


def test_the_picture_in_the_readme_is_what_the_command_draws(told):
    stored = (ROOT / "images" / "hero.svg").read_text(encoding="utf-8")
    assert stored == picture(told), "python -m tools.hero > images/hero.svg"


def test_the_readme_begins_with_it_and_says_its_finding_in_words(told):
    first, *_ = Page.of((ROOT / "README.md").read_text(encoding="utf-8")).images
    assert first["src"] == "images/hero.svg"
    assert " ".join(first["alt"].split()) == alternative(told)


def test_the_last_turn_is_the_first_that_lets_too_many_in(told):
    assert [count > ROOM for count in told.workers] == [False, False, False, True]


def test_it_says_how_many_schedules_fail(told):
    found = explore(
        pitfalls.check_then_act,
        callers=CALLERS,
        max_workers=ROOM,
        check=lambda run: run.value <= ROOM,
        how="every",
    )
    assert told.found == f"{found.failures} of all {found.schedules} distinct schedules fail"


def test_every_turn_points_at_a_line_of_the_code_that_is_run(told):
    source = (ROOT / "patterns" / "pitfalls.py").read_text(encoding="utf-8")
    for line in told.code[1:]:
        assert line.strip() in source
    for turn in told.turns:
        assert any(f".{turn.operation}(" in line for line in told.code)


def test_without_motion_all_turns_and_the_ending_stand_there(drawn):
    [style] = [element.text for element in drawn.iter(f"{SVG}style")]
    assert "prefers-reduced-motion: reduce" in style
    shown = [e for e in drawn if "now" not in e.get("class", "") and e.get("id")]
    assert [element.get("id") for element in shown] == ["t0", "t1", "t2", "t3", "c4", "end"]


def test_it_stops_moving_and_everything_that_moves_is_there(drawn):
    [style] = [element.text for element in drawn.iter(f"{SVG}style")]
    moving = re.findall(r"#(\w+)\{animation:\1 [\d.]+s 3\}", style)
    assert set(moving) == {e.get("id") for e in drawn.iter() if e.get("id")}
    assert "infinite" not in style


def test_it_is_small():
    assert (ROOT / "images" / "hero.svg").stat().st_size < 20_000
