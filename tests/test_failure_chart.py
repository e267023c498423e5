"""The picture of a failure: its steps, the ringed one, and the nearest schedule that goes well."""

from functools import partial

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from patterns import pitfalls
from patterns.lab import explore
from patterns.lab.plots import draw_failure
from patterns.lab.plots.failure import draw_steps, steps
from patterns.lab.tracing.trace import Turn


@pytest.fixture(scope="module")
def race():
    pool = partial(pitfalls.check_then_act, callers=3)
    return explore(pool, check=lambda run: run.value <= 2, schedules=50).failure


@pytest.fixture(scope="module")
def deadlock():
    return explore(pitfalls.two_small_buffers, schedules=2).failure


def rings(ax):
    return [patch for patch in ax.patches if isinstance(patch, Ellipse)]


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def drawn(turns):
    return steps(turns, ax=Figure().add_subplot())


def turn(task, operation="load", instead_of=None, time=0.0):
    return Turn(time, task, operation, "jobs", "", instead_of)


def test_each_turn_is_a_box_in_the_column_of_its_task():
    ax = drawn([turn("a"), turn("b"), turn("a")])
    assert [box.get_x() for box in boxes(ax)] == [0.02, 1.02, 0.02]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b"]


def test_the_last_move_is_ringed():
    ax = drawn([turn("a"), turn("b", instead_of="a"), turn("a"), turn("b", instead_of="a")])
    [ring] = rings(ax)
    assert ring.get_center() == (1.5, 3)


def test_without_a_move_nothing_is_ringed():
    assert rings(drawn([turn("a"), turn("b")])) == []


def test_rows_are_numbered_and_say_when_the_clock_has_moved():
    ax = drawn([turn("a"), turn("a"), turn("a", time=1.5)])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0 s  1", "2", "1.5 s  3"]


def test_a_text_too_long_for_its_box_is_cut():
    ax = drawn([turn(f"t{n}", operation="an operation of many, many words") for n in range(7)])
    assert all(text.get_text().endswith("…") for text in ax.texts)


def test_a_failure_is_drawn_beside_the_nearest_schedule_that_goes_well(race):
    wrong, well = draw_failure(race).figure.axes
    assert wrong.get_title(loc="left") == "goes wrong: the check failed: it returned 3"
    assert well.get_title(loc="left") == "goes well"
    assert (len(rings(wrong)), len(rings(well))) == (1, 0)


def test_a_failure_of_workers_shows_their_timeline_too(deadlock):
    _, timeline = draw_failure(deadlock).figure.axes
    assert timeline.get_title(loc="left") == "timeline: goes wrong"


def test_the_text_tells_the_story_and_the_caption_what_went_wrong(race):
    picture = draw_failure(race)
    assert race.story() in picture.text
    assert picture.caption == "check: the check failed: it returned 3"
    page = picture._repr_mimebundle_()["text/html"]
    assert "caller-2  start   &lt;- goes before caller-1" in page.partition("<figcaption>")[0]


def test_the_same_failure_gives_the_same_bytes(race):
    assert draw_failure(race).png() == draw_failure(race).png()


def test_steps_show_the_last_turns_only():
    picture = draw_steps([turn("a")] * 50, title="fifty", text="fifty turns", rows=10)
    [ax] = picture.figure.axes
    assert len(boxes(ax)) == 10
    assert ax.get_yticklabels()[-1].get_text() == "50"


def test_no_turns_are_an_empty_chart():
    assert boxes(draw_steps([], title="none", text="none").figure.axes[0]) == []
