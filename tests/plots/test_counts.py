"""The picture of what became of the jobs: a bar for each run, cut by outcome."""

import pytest

from lab import simulate, sweep
from lab.plots import draw_counts
from patterns import basic, error_handling
from patterns.concurrency import Report

RUNS = sweep(error_handling.demo, timeout=[0.12, 5.0])


def parts(ax):
    return [(bar.get_x(), bar.get_width()) for bar in ax.patches]


def test_the_parts_of_a_bar_lie_end_to_end():
    [ax] = draw_counts(RUNS).figure.axes
    assert parts(ax) == [(0, 5), (5, 2), (7, 5), (12, 8), (0, 16), (16, 4)]


def test_each_part_has_its_number_written_on_it():
    [ax] = draw_counts(RUNS).figure.axes
    assert [text.get_text() for text in ax.texts] == ["5", "2", "5", "8", "16", "4"]


def test_the_first_run_is_on_top_and_the_axis_ends_with_the_last_job():
    [ax] = draw_counts(RUNS).figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["timeout 0.12", "timeout 5"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlim() == (0, 20)


def test_only_what_occurs_is_in_the_key():
    [ax] = draw_counts({"5 s": RUNS[5.0]}).figure.axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["succeeded", "failed"]


def test_the_text_says_what_is_drawn():
    assert draw_counts({"0.12 s": RUNS[0.12], "5 s": RUNS[5.0]}, "All twenty").text == (
        "All twenty. A bar for each run. 0.12 s: 5 succeeded, 2 failed, 5 cancelled, "
        "8 never started; 5 s: 16 succeeded, 4 failed."
    )


def test_reports_are_drawn_as_the_runs_that_returned_them():
    reports = {label: run.value for label, run in RUNS.named().items()}
    assert draw_counts(reports).png() == draw_counts(RUNS).png()


def test_a_run_without_jobs_is_drawn_as_none():
    assert draw_counts({"empty": Report((), (), ())}).text == "A bar for each run. empty: no jobs."


def test_a_run_that_returned_something_else_is_refused():
    with pytest.raises(TypeError, match="must have returned a report, got int"):
        draw_counts([simulate(int)])


def test_runs_alone_are_called_by_their_names():
    [ax] = draw_counts([simulate(basic.demo)]).figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["basic"]
