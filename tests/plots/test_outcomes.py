"""The picture of all schedules of a pool: a cell for each, those that go wrong told apart."""

import pytest
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from lab import all_schedules
from lab.model.exploration import ScheduleOutcome
from lab.model.schedule import Schedule
from lab.plots import draw_outcomes
from patterns import pitfalls

KINDS = ["check", "deadlock", "leak", "crash", "error", "books", "endless"]


def group(*kinds):
    return [ScheduleOutcome(Schedule(), None, kind, "") for kind in kinds]


def of(number):
    return group(*[None] * number)


def race():
    return all_schedules(
        pitfalls.check_then_act, callers=2, max_workers=1, check=lambda run: run.value <= 1
    )


def cells(ax):
    """Return the column and row of the cells of each look."""
    drawn = [artist for artist in ax.collections if isinstance(artist, PolyCollection)]
    return {
        artist.get_label(): [tuple(map(int, path.vertices[0])) for path in artist.get_paths()]
        for artist in drawn
    }


def legend(picture):
    key = picture.figure.axes[0].get_legend()
    return [text.get_text() for text in key.get_texts()]


def test_there_is_a_cell_for_each_schedule_row_by_row():
    kinds = [None, "check", *[None] * 18, None, "check"]
    [ax] = draw_outcomes({"pool": group(*kinds)}).figure.axes
    well = [(n, 0) for n in range(20) if n != 1]
    assert cells(ax) == {"goes well": [*well, (0, 1)], "fails: check": [(1, 0), (1, 1)]}


def test_the_first_row_is_on_top_and_each_says_with_which_schedule_it_begins():
    [ax] = draw_outcomes({"pool": of(41)}).figure.axes
    assert ax.get_ylim() == (3, 0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1", "21", "41"]


def test_a_pool_has_a_title_that_counts_what_fails():
    picture = draw_outcomes({"broken": group(None, "leak"), "right": of(3), "worse": group("leak")})
    assert [ax.get_title(loc="left") for ax in picture.figure.axes] == [
        "broken: 1 of 2 schedules fails",
        "right: none of 3 schedules fails",
        "worse: 1 of 1 schedules fails",
    ]


def test_the_cells_of_all_pools_are_of_one_size():
    figure = draw_outcomes({"small": of(10), "large": of(174)}).figure
    sizes = [ax.get_window_extent().width / ax.get_xlim()[1] for ax in figure.axes]
    assert sizes[0] == pytest.approx(sizes[1])


@pytest.mark.parametrize(("number", "columns"), [(60, 20), (61, 40), (800, 40), (801, 80)])
def test_the_more_schedules_the_smaller_the_cells(number, columns):
    [ax] = draw_outcomes({"pool": of(number)}).figure.axes
    assert ax.get_xlim() == (0, columns)
    assert sum(map(len, cells(ax).values())) == number


def test_the_key_names_what_is_there():
    assert legend(draw_outcomes({"a": of(2), "b": group("leak")})) == ["goes well", "fails: leak"]
    assert len(legend(draw_outcomes({"all": group(None, *KINDS)}))) == 1 + len(KINDS)


def test_one_schedule_can_be_marked():
    picture = draw_outcomes({"first": of(30), "second": of(3)}, ring=22)
    rings = [
        [patch.get_xy() for patch in ax.patches if isinstance(patch, Rectangle)]
        for ax in picture.figure.axes
    ]
    assert rings == [[(1, 1)], []]
    assert picture.text.endswith("Schedule 22 is marked.")


@pytest.mark.parametrize("ring", [0, 4])
def test_a_schedule_that_does_not_exist_cannot_be_marked(ring):
    says = f"ring must be the number of a schedule, 1 to 3, got {ring}"
    with pytest.raises(ValueError, match=says):
        draw_outcomes({"pool": of(3)}, ring=ring)


def test_the_text_says_how_many_fail_in_which_way_and_which():
    assert draw_outcomes({"look, then add": race()}).text == (
        "A cell for each schedule. look, then add: 8 of 10 schedules fail (8 check): 2 to 9."
    )


def test_numbers_that_follow_each_other_are_told_as_one():
    kinds = [None, "check", "check", None, "check", "check", "check", None, "check"]
    assert draw_outcomes({"pool": group(*kinds)}).text.endswith("(6 check): 2, 3, 5 to 7, 9.")


def test_many_scattered_failures_are_not_all_listed():
    text = draw_outcomes({"pool": group(*["check", None] * 20)}).text
    assert text.endswith("(20 check): 1, 3, 5, 7, 9, 11, 13, 15 and 12 more groups.")
