"""The picture of two runs: every job twice, what changed hatched, and the cause in words."""

import pytest
from matplotlib.collections import PolyCollection

from lab import measure, simulate, sweep
from lab.plots import draw_diff
from lab.tracing import Outcome, Span, State, trace_from_spans
from patterns import basic

THREE = simulate(basic.demo)
FOUR = simulate(basic.demo, workers=4)


def bars(ax, name):
    """Return the extents of the bars of one look: (left, right, lane, "above" or "below")."""
    found = []
    for collection in ax.collections:
        if isinstance(collection, PolyCollection) and collection.get_label() == name:
            for path in collection.get_paths():
                (left, top), (right, bottom) = path.vertices.min(0), path.vertices.max(0)
                middle = (top + bottom) / 2
                half = "above" if middle < round(middle) else "below"
                found.append((left, right, round(middle), half))
    return sorted(found)


def words(ax):
    return {round(text.xy[1]): text.get_text() for text in ax.texts}


def test_what_a_job_gained_completes_its_lower_bar():
    ax = draw_diff(THREE, FOUR).figure.axes[0]
    gained = [(1.0, 2.0, 3, "below"), (2.0, 3.0, 6, "below"), (2.0, 3.0, 7, "below")]
    assert bars(ax, "ended earlier") == [*gained, (3.0, 4.0, 9, "below")]
    assert bars(ax, "ended later") == []


def test_what_a_job_lost_completes_its_upper_bar():
    ax = draw_diff(FOUR, THREE).figure.axes[0]
    assert bars(ax, "ended later")[-1] == (3.0, 4.0, 9, "above")
    assert bars(ax, "ended earlier") == []


def test_both_runs_of_a_job_are_drawn_from_submission_to_end():
    ax = draw_diff(THREE, FOUR).figure.axes[0]
    assert [bar for bar in bars(ax, "waiting") if bar[2] == 9] == [
        (0.0, 2.0, 9, "below"),
        (0.0, 3.0, 9, "above"),
    ]
    assert (3.0, 4.0, 9, "above") in bars(ax, "working")


def test_the_cause_stands_beside_each_job_that_changed_and_no_other():
    ax = draw_diff(THREE, FOUR).figure.axes[0]
    cause = "1 s earlier: waited 1 s less for a worker"
    assert words(ax) == dict.fromkeys((3, 6, 7, 9), cause)


def test_the_title_names_both_runs_and_their_makespans():
    ax = draw_diff(THREE, FOUR, names=("three", "four")).figure.axes[0]
    assert ax.get_title(loc="left") == "Each job twice: three (4 s) above, four (3 s) below"


def test_the_causes_are_added_up_over_all_jobs():
    ax = draw_diff(THREE, FOUR).figure.axes[-1]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "service",
        "throttled",
        "blocked",
        "waiting",
        "submitted",
    ]
    assert [text.get_text() for text in ax.texts] == ["0", "0", "0", "-4 s", "0"]
    assert [bar.get_width() for bar in ax.patches] == [-4.0]


def test_runs_without_a_difference_have_no_chart_of_causes():
    assert len(draw_diff(THREE, THREE).figure.axes) == 1


def test_a_job_that_ended_in_one_run_only_has_its_outcome_in_the_other():
    cut = simulate(basic.demo, timeout=1.5)
    beside = words(draw_diff(THREE, cut, names=("whole", "cut")).figure.axes[0])
    assert beside == {
        **dict.fromkeys((3, 4, 5), "cancelled in cut"),
        **dict.fromkeys((6, 7, 8, 9), "never started in cut"),
    }


def test_of_many_jobs_those_that_changed_most_are_drawn():
    ax = draw_diff(THREE, FOUR, most=2).figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["job 4", "job 7"]


def test_the_text_names_the_runs_and_says_what_changed():
    text = draw_diff(THREE, FOUR, names=("three", "four")).text
    assert text.startswith("Job by job, three against four: makespan 4 s (three), 3 s (four); ")
    assert text.endswith("All jobs together: waited 4 s less for a worker.")


def test_a_simulated_run_and_a_measured_one_share_an_axis():
    runs = simulate(basic.demo, seconds=0.01), measure(basic.demo, seconds=0.01)
    ax = draw_diff(*runs).figure.axes[0]
    assert ax.get_xlabel() == "seconds (real or virtual)"


def test_spans_recorded_by_hand_can_be_compared():
    one = trace_from_spans(
        [Span("w", State.WORKING, 0, 1, "a", Outcome.OK)], clock="real", elapsed=1
    )
    other = trace_from_spans(
        [Span("w", State.WORKING, 1, 3, "a", Outcome.OK)], clock="real", elapsed=3
    )
    ax = draw_diff(one, other).figure.axes[0]
    assert words(ax) == {0: "2 s later: service took 1 s longer"}
    assert bars(ax, "ended later") == [(1.0, 3.0, 0, "above")]


def test_no_jobs_to_draw_are_refused():
    with pytest.raises(ValueError, match="most must be >= 1, got 0"):
        draw_diff(THREE, FOUR, most=0)


def test_two_runs_are_called_by_their_names_if_these_differ():
    one, other = sweep(basic.demo, workers=[3, 4]).values()
    text = draw_diff(one, other).text
    assert text.startswith("Job by job, 3 workers against 4 workers: makespan 4 s (3 workers)")
    assert draw_diff(THREE, FOUR).text.startswith("Job by job, the first run against the second")
