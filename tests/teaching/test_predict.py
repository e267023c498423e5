"""Predict before you see: the answer is sealed until there is a guess, then it is judged."""

from decimal import Decimal
from fractions import Fraction

import pytest

from lab import draw, predict, simulate
from patterns import basic

ASK = "How many seconds?"


class Picture:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        return f'<img alt="{self.text}">'


def pages(prediction):
    """Return both forms: as text, and as HTML."""
    return repr(prediction), prediction._repr_html_()


def seal(prediction):
    return repr(prediction).rpartition(": ")[2]


def test_before_a_guess_it_asks_and_says_how_to_answer_and_does_not_tell():
    prediction = predict(ASK, 3.21, unit="s", show=lambda: Picture("3.21 s"), guess=...)
    assert prediction.verdict is None
    for page in pages(prediction):
        assert ASK in page
        assert "guess=..." in page
        assert "a number, in s" in page
        assert seal(prediction) in page
        assert "3.21" not in page


def test_the_seal_is_the_same_every_time():
    assert seal(predict(ASK, 4.0)) == seal(predict(ASK, 4.0)) == seal(predict(ASK, 4))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(predict(ASK, 5), id="another answer"),
        pytest.param(predict(ASK, 4, unit="s"), id="another unit"),
        pytest.param(predict(ASK, 4, show=lambda: Picture("four")), id="another picture"),
        pytest.param(predict("How many rounds?", 4), id="another question"),
    ],
)
def test_the_seal_changes_with(other):
    assert seal(other) != seal(predict(ASK, 4))


def test_the_seal_does_not_depend_on_where_an_object_lies():
    first, second = object(), object()
    assert seal(predict(ASK, 4, show=lambda: first)) == seal(predict(ASK, 4, show=lambda: second))


@pytest.mark.parametrize(
    ("answer", "guess", "verdict"),
    [
        (4.0, 4, "right"),
        (4.0, Fraction(4), "right"),
        (10 / 3, 3.33, "right"),
        (Decimal(4), 4.0, "right"),
        (0.1 + 0.2, 0.3, "right"),
        (4.0, 3.5, "near"),
        (4.0, 2.5, "wrong"),
        (200, 201, "near"),
        (0, 1, "wrong"),
        ("deadlock", " Deadlock", "right"),
        ("deadlock", "done", "wrong"),
        (True, True, "right"),
        (True, False, "wrong"),
        ((6, 4), (6, 4), "right"),
        ((6, 4), [6, 1], "near"),
        ((6, 4), (1, 1), "wrong"),
    ],
)
def test_a_guess_is_judged(answer, guess, verdict):
    assert predict(ASK, answer, guess=guess).verdict == verdict


def test_a_tolerance_says_what_is_right():
    assert predict(ASK, 4.0, guess=3.5, tolerance=0.5).verdict == "right"
    assert predict(ASK, 4.0, guess=3.99, tolerance=0).verdict == "near"


@pytest.mark.parametrize(
    ("guess", "says"),
    [
        (4, "Right: 4 s."),
        (3.5, "Near: you said 3.5 s, the answer is 4 s."),
        (1, "Wrong: you said 1 s, the answer is 4 s."),
    ],
)
def test_after_a_guess_it_tells_the_answer_and_shows_the_picture(guess, says):
    prediction = predict(ASK, 4.0, unit="s", guess=guess, show=lambda: Picture("a timeline"))
    assert repr(prediction) == f"Predict: {ASK}\n{says}\na timeline"
    assert f"<p>{says}</p>" in prediction._repr_html_()
    assert '<img alt="a timeline">' in prediction._repr_html_()


def test_a_picture_of_a_run_is_shown_with_its_alternative_text():
    run = simulate(basic.demo, jobs=1, workers=1)
    html = predict(ASK, run.elapsed, guess=1, show=lambda: draw(run))._repr_html_()
    assert '<img alt="' in html
    assert "data:image/png;base64," in html


def test_what_knows_no_html_is_shown_as_text():
    html = predict(ASK, 4, guess=4, show=lambda: "a < b")._repr_html_()
    assert "<pre>a &lt; b</pre>" in html


def test_choices_are_listed_and_one_of_them_is_the_guess():
    choices = ["main", "worker 1"]
    for page in pages(predict("Who is first?", "worker 1", choices=choices)):
        assert "'main'" in page
        assert "'worker 1'" in page
    assert (
        predict("Who is first?", "worker 1", choices=choices, guess="Worker 1").verdict == "right"
    )
    assert predict("Who is first?", "worker 1", choices=choices, guess="main").verdict == "wrong"


@pytest.mark.parametrize(
    ("answer", "guess", "says"),
    [
        (4.0, "four", "it must be a number, in s, got 'four'"),
        (4.0, None, "it must be a number, in s, got None"),
        (4.0, True, "it must be a number, in s, got True"),
        (4.0, float("nan"), "it must be a number, in s, got nan"),
        (4.0, 10**400, "it must be a number, in s, got 1000"),
        (4.0, Decimal("sNaN"), "it must be a number, in s, got Decimal('sNaN')"),
        (4, "four", "it must be a whole number, in s, got 'four'"),
        ("a", 1, "it must be a text in quotes, got 1"),
        (True, 1, "it must be True or False, got 1"),
        ((6, "a"), 6, "it must be (a whole number, in s, a text in quotes), got 6"),
        ((6, 4), (6, 4, 1), "got (6, 4, 1)"),
    ],
)
def test_a_guess_that_cannot_be_one_gets_one_sentence(answer, guess, says):
    prediction = predict(ASK, answer, unit="s", guess=guess, show=lambda: Picture("the answer"))
    assert prediction.verdict is None
    _, sentence = repr(prediction).splitlines()
    assert sentence.startswith("No guess yet: ")
    assert says in sentence


@pytest.mark.parametrize("guess", ["c", 1, True, None])
def test_a_guess_that_is_not_among_the_choices_is_told_them(guess):
    said = repr(predict(ASK, 2, choices=[2, "b"], guess=guess))
    assert f"No guess yet: it must be one of 2, 'b', got {guess!r}." in said


def test_markup_in_a_question_is_text_and_backticks_are_code():
    html = predict("Is `a < b` <b>", True)._repr_html_()
    assert "Is <code>a &lt; b</code> &lt;b&gt;" in html


@pytest.mark.parametrize(
    ("error", "says", "wrong"),
    [
        (ValueError, "question must not be empty", {"question": " "}),
        (ValueError, "tolerance must be a number >= 0, got -1", {"tolerance": -1}),
        (ValueError, "choices must be two or more", {"choices": [4]}),
        (ValueError, "choices must be two or more", {"choices": [4, 4]}),
        (ValueError, "choices must hold the answer 4", {"choices": [1, 2]}),
        (TypeError, "answer must be a number", {"answer": object()}),
        (TypeError, "answer must be a number", {"answer": float("inf")}),
        (TypeError, "answer must be a number", {"answer": ()}),
    ],
)
def test_a_question_that_is_wrong_itself_is_refused(error, says, wrong):
    with pytest.raises(error, match=says):
        predict(**{"question": ASK, "answer": 4} | wrong)
