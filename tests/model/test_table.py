"""A table reads the same as text and as HTML."""

import pytest

from lab.model.table import Table, cell

WORKERS = Table(["workers", "makespan"], [[1, "10 s"], [10, "1.5 s"]])


def test_columns_are_aligned_the_first_to_the_left():
    assert repr(WORKERS) == "\n".join(
        ["workers  makespan", "1            10 s", "10          1.5 s"]
    )


def test_the_html_says_which_cells_are_headings():
    assert WORKERS._repr_html_() == (
        '<table><thead><tr><th scope="col">workers</th><th scope="col">makespan</th></tr></thead>'
        '<tbody><tr><th scope="row">1</th><td>10 s</td></tr>'
        '<tr><th scope="row">10</th><td>1.5 s</td></tr></tbody></table>'
    )


def test_signs_that_mean_something_in_html_are_written_out():
    assert (
        '<th scope="row">a &lt; b</th><td>&amp;</td>'
        in Table(["a", "b"], [["a < b", "&"]])._repr_html_()
    )


def test_headings_of_a_wide_table_are_broken_where_that_makes_it_narrower():
    headings = ["pool", *(["jobs that were never started"] * 4)]
    assert repr(Table(headings, [["basic", 1, 2, 3, 4]])).splitlines() == [
        "         jobs    jobs    jobs    jobs",
        "         that    that    that    that",
        "         were    were    were    were",
        "        never   never   never   never",
        "pool  started started started started",
        "basic       1       2       3       4",
    ]


def test_a_table_without_rows_has_its_headings():
    assert repr(Table(["workers", "makespan"], [])) == "workers  makespan"


def test_a_heading_must_say_something():
    with pytest.raises(ValueError, match="headings must not be empty"):
        Table(["", "makespan"], [])


def test_a_row_must_fill_its_columns():
    with pytest.raises(ValueError, match="a row must have a cell for each of 2 headings"):
        Table(["workers", "makespan"], [[1]])


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (4.0, "s", "4 s"),
        (2.71828, "s", "2.718 s"),
        (0.8333, "%", "83%"),
        (12, "", "12"),
        (2.5, "{:.2f} s", "2.50 s"),
        (None, "s", "\N{EN DASH}"),
        ("text", "", "text"),
    ],
)
def test_a_value_is_shown_with_its_unit(value, form, text):
    assert cell(value, form) == text
