"""The chart of what became of the jobs: a bar for each run, cut into the four accounts."""

from functools import partial

import pytest

from lab import simulate
from lab.plots.fates import draw_fates, fates
from patterns import error_handling
from patterns.concurrency import Report


def reports():
    return {
        f"{timeout:g} s": simulate(partial(error_handling.run, timeout=timeout)).value
        for timeout in (0.12, 5.0)
    }


def test_the_parts_of_a_bar_are_the_four_accounts_end_to_end():
    parts = [(bar.get_x(), bar.get_width()) for bar in fates(reports()).patches]
    assert parts == [(0, 5), (5, 2), (7, 5), (12, 8), (0, 16), (16, 4)]


def test_each_part_has_its_number_written_on_it():
    assert [text.get_text() for text in fates(reports()).texts] == ["5", "2", "5", "8", "16", "4"]


def test_the_first_run_is_on_top_and_the_axis_ends_with_the_last_job():
    ax = fates(reports())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.12 s", "5 s"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlim() == (0, 20)


def test_only_what_occurs_is_in_the_key():
    [whole] = [fates({"5 s": reports()["5 s"]})]
    assert [text.get_text() for text in whole.get_legend().get_texts()] == ["succeeded", "failed"]


def test_the_text_says_what_is_drawn():
    picture = draw_fates(reports(), "All twenty")
    assert picture.text == (
        "All twenty. A bar for each run. 0.12 s: 5 succeeded, 2 failed, 5 cancelled, "
        "8 never started; 5 s: 16 succeeded, 4 failed."
    )


def test_the_same_reports_give_the_same_bytes():
    assert draw_fates(reports()).png() == draw_fates(reports()).png()


def test_a_run_without_jobs_is_drawn_as_none():
    assert draw_fates({"empty": Report((), (), ())}).text == "A bar for each run. empty: no jobs."


def test_no_reports_are_refused():
    with pytest.raises(ValueError, match="reports must hold at least one run, got none"):
        draw_fates({})
