"""Without matplotlib, as in some browsers: the player plays, and words stand in for pictures."""

import json
import subprocess
import sys
import textwrap

import pytest
from support import ROOT

HIDDEN = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("matplotlib", "numpy", "PIL"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
from lab import compare, draw, explore, play, simulate
from lab.plots import draw_counts, draw_failure, queue_depth, timeline
from patterns import basic, pitfalls
run = simulate(basic.demo)
"""
SENTENCE = "Pictures need matplotlib, which could not be had here."


@pytest.fixture(scope="module")
def said():
    """Return what is said of several pictures, by their code, of one process without matplotlib."""
    shown = (
        "play(run)",
        "draw(run)",
        "draw(run, timeline, queue_depth, title='Mine')",
        "compare({'one': run, 'two': run})",
        "draw_counts({'one': run.value})",
        "timeline(run)",
        "draw_failure(explore(pitfalls.check_then_act, callers=3,"
        " check=lambda run: run.value <= 2, schedules=50).failure)",
    )
    code = HIDDEN + textwrap.dedent(f"""
        import json
        said = {{code: eval(code) for code in {shown!r}}}
        pages = {{code: type(one).__name__ for code, one in said.items()}}
        saved = "noscript" in said["draw(run)"].html()
        print(json.dumps([{{code: repr(one) for code, one in said.items()}}, pages, saved]))
        """)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    words, kinds, saved = json.loads(done.stdout)
    assert list(words) == list(shown)
    return words, kinds, saved


def test_the_player_plays_and_says_why_there_is_no_picture(said):
    words, kinds, _ = said
    assert kinds["play(run)"] == "Player"
    assert words["play(run)"].startswith(f"{SENTENCE} 3 workers, 10 jobs, 4 s")


def test_a_run_that_is_to_be_drawn_is_shown_in_the_player(said):
    words, kinds, _ = said
    drawn = [code for code in kinds if code.startswith(("draw(", "timeline", "draw_failure"))]
    assert [kinds[code] for code in drawn] == ["Player"] * 4
    assert all(words[code].startswith(SENTENCE) for code in drawn)


def test_several_runs_are_told_in_words(said):
    words, kinds, _ = said
    assert kinds["compare({'one': run, 'two': run})"] == "NoPicture"
    assert words["compare({'one': run, 'two': run})"].startswith(f"{SENTENCE} one: 3 workers")


def test_of_anything_else_it_is_said_that_it_cannot_be_drawn(said):
    assert said[0]["draw_counts({'one': run.value})"] == SENTENCE


def test_the_page_of_a_run_can_be_saved(said):
    assert said[2]
