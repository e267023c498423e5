"""Names and messages as they can be drawn."""

import pytest

from lab.plots.words import printable, shorten, width_of, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("job 5$ and 6$", "job 5$ and 6$"),
        ("one\ntwo\tthree", "one two three"),
        ("\ud800 \x00 日 \u202e", "□ □ □ □"),
        (7, "7"),
    ],
)
def test_what_the_font_does_not_have_is_a_box(text, shown):
    assert printable(text) == shown


def test_a_text_that_fits_stays_as_it_is():
    assert shorten("worker-1", width_of("worker-1")) == "worker-1"


@pytest.mark.parametrize("pixels", [20, 50, 100, 400])
def test_a_text_that_does_not_fit_is_cut_as_late_as_possible(pixels):
    text = "the jobs that a worker took, in that order, and what became of each of them"
    shown = shorten(text, pixels)
    assert shown.endswith("…")
    assert width_of(shown) <= pixels < width_of(f"{text[: len(shown) + 1]}…")


def test_bold_letters_take_more_room():
    assert len(shorten("deadlock " * 9, 300, bold=True)) < len(shorten("deadlock " * 9, 300))


def test_where_there_is_no_room_only_the_ellipsis_is_left():
    assert shorten("worker", 0) == "…"


def test_a_text_is_wrapped_between_words_before_it_is_cut():
    text = "worker-1 and worker-2 are sending to results"
    half = width_of("worker-1 and worker-2 are")
    assert wrap(text, half) == ["worker-1 and worker-2 are", "sending to results"]
    assert wrap(text, half, most=1) == [shorten(text, half)]
    assert wrap(text, width_of(text)) == [text]
    assert [len(wrap(long, 99)) for long in (text, "w" * 99, "", "a " * 99)] == [2, 1, 1, 2]


@pytest.mark.parametrize("text", ["one two " * 99, "w" * 500, " a  b ", "\u65e5 \x00 \n c"])
def test_no_line_is_wider_than_there_is_room(text):
    assert all(width_of(line) <= 120 for line in wrap(text, 120))


def test_a_number_stays_in_the_line_of_what_it_counts():
    text = "20 jobs, 5 cancelled, 8 never started"
    for pixels in range(int(width_of("20 jobs, 5 ")), int(width_of(text))):
        assert not wrap(text, pixels)[0].endswith((" 5", " 8"))
