"""Turns of a schedule, one below the other: what stands where, and what is said."""

import pytest
from matplotlib.patches import Rectangle

from lab import explore
from lab.model.trace import Turn
from lab.plots import draw_turns
from lab.plots.figure import page
from lab.plots.palette import PALE
from lab.plots.turns import Table, paint_turns, turns_row
from patterns import pitfalls


@pytest.fixture(scope="module")
def deadlock():
    return explore(pitfalls.two_small_buffers, schedules=2).failure


def rings(ax):
    return [patch for patch in ax.patches if patch.get_gid() == "ring"]


def boxes(ax):
    return [patch for patch in ax.patches if patch.get_gid() != "ring"]


def drawn(turns):
    table = Table(turns)
    _, (ax,) = page([turns_row(table, "turns")])
    paint_turns(ax, table, title="turns")
    return ax


def turn(task, operation="load", instead_of=None, time=0.0, subject="jobs"):
    return Turn(time, task, operation, subject, "", instead_of)


def ringed(ax):
    """Return the number of the turn that is ringed, and of its column."""
    [ring] = rings(ax)
    x, y = (sum(sides) / 2 for sides in zip(*ring.get_bbox().get_points(), strict=True))
    return [round(tick) for tick in ax.get_yticks()].index(round(y)), int(x)


def test_each_turn_is_a_box_in_the_column_of_its_task():
    ax = drawn([turn("a"), turn("b"), turn("a")])
    assert [box.get_x() for box in boxes(ax)] == [0.02, 1.02, 0.02]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b"]


def test_the_last_move_is_ringed():
    ax = drawn([turn("a"), turn("b", instead_of="a"), turn("a"), turn("b", instead_of="a")])
    assert ringed(ax) == (3, 1)


def test_if_the_last_move_only_starts_a_task_its_first_step_with_an_effect_is_ringed():
    start = turn("b", "start", instead_of="a", subject="")
    ax = drawn([turn("a"), start, turn("a"), turn("b"), turn("b")])
    assert ringed(ax) == (3, 1)


def test_without_a_move_nothing_is_ringed():
    assert rings(drawn([turn("a"), turn("b")])) == []


def test_rows_are_numbered_and_say_when_the_clock_has_moved():
    ax = drawn([turn("a"), turn("a"), turn("a", time=1.5)])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0 s  1", "2", "1.5 s  3"]


def test_a_text_too_long_for_its_box_is_cut():
    ax = drawn([turn(f"t{n}", operation="an operation of many, many words") for n in range(7)])
    assert all(text.get_text().endswith("…") for text in ax.texts)


def test_a_text_that_fits_in_two_lines_is_whole_and_its_row_higher():
    long = Turn(0.0, "a", "receive", "results", "raised DeadlineExceeded")
    ax = drawn([turn("a"), long, *[turn(f"t{n}") for n in range(3)]])
    [text] = [text.get_text() for text in ax.texts if "receive" in text.get_text()]
    assert text == "receive results:\nraised DeadlineExceeded"
    low, high, *_ = (box.get_height() for box in boxes(ax))
    assert high > low


def test_main_comes_first_and_then_the_tasks_by_their_numbers():
    ax = drawn([turn("worker-10"), turn("main"), turn("worker-2")])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["main", "worker-2", "worker-10"]


def test_the_picture_shows_the_last_turns_only():
    picture = draw_turns([turn("a")] * 50, title="fifty", text="fifty turns", rows=10)
    [ax] = picture.figure.axes
    assert len(boxes(ax)) == 10
    assert ax.get_yticklabels()[-1].get_text() == "50"


def test_the_picture_says_how_many_turns_come_before_those_it_shows():
    def before(turns):
        [ax] = draw_turns([turn("a")] * turns, title="", text="", rows=10).figure.axes
        return [text.get_text() for text in ax.texts if text.get_gid() == "before"]

    assert (before(50), before(10)) == (["40 before"], [])


def test_no_turns_are_an_empty_chart():
    assert boxes(draw_turns([], title="none", text="none").figure.axes[0]) == []


def row_names(picture):
    return [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]


def faces(picture):
    return [box.get_facecolor() for box in boxes(picture.figure.axes[0])]


def inks(picture):
    return [text.get_color() for text in picture.figure.axes[0].texts]


def test_turns_that_are_not_done_yet_are_pale_and_not_in_the_text():
    picture = draw_turns([turn("a", f"step {n}") for n in range(4)], title="", text="two", done=2)
    assert inks(picture) == ["black", "black", PALE[2], PALE[2]]
    assert picture.text == "two\na step 0 jobs; a step 1 jobs"


def test_the_turns_around_the_last_one_done_are_shown():
    turns = [turn("a")] * 50
    shown = [row_names(draw_turns(turns, title="", text="", rows=10, done=n)) for n in (0, 20, 50)]
    assert [(int(names[0].split()[-1]), int(names[-1])) for names in shown] == [
        (1, 10),
        (16, 25),
        (41, 50),
    ]


@pytest.mark.parametrize(("done", "said"), [(-1, 0), (0, 0), (3, 3), (4, 3)])
def test_done_may_lie_before_the_first_and_behind_the_last_turn(done, said):
    picture = draw_turns([turn("a")] * 3, title="", text="", done=done)
    assert picture.text.count("a load jobs") == said


def test_moves_are_marked_only_when_asked_for_and_never_ringed():
    turns = [turn("a"), turn("b", instead_of="a")]
    plain, marked = (draw_turns(turns, title="", text="", moves=moves) for moves in (False, True))
    assert len(set(faces(plain))) == 1
    assert len(set(faces(marked))) == 2
    assert rings(marked.figure.axes[0]) == []


def test_a_task_that_has_only_begun_has_its_column():
    picture = draw_turns([turn("a"), Turn(0.0, "b", "start")], title="", text="")
    [ax] = picture.figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    assert len(boxes(ax)) == 1


def test_of_too_many_tasks_those_are_drawn_that_do_something():
    begun = [Turn(0.0, f"t{n}", "start") for n in range(9)]
    [ax] = draw_turns([*begun, turn("t8")], title="", text="").figure.axes
    assert ax.get_xticklabels()[-1].get_text() == "t8"


def test_the_timeline_below_is_pale_after_the_last_turn_done(deadlock):
    def pale_from(done):
        turns, trace = deadlock.turns, deadlock.trace
        _, ax = draw_turns(turns, title="", text="", done=done, run=trace).figure.axes
        return [patch.get_x() for patch in ax.patches if isinstance(patch, Rectangle)]

    assert pale_from(0) == [0.0]
    assert pale_from(14) == [1.0]
    assert pale_from(None) == []
