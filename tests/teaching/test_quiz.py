"""A quiz tells why, with no kernel; and every quiz is a fair one."""

import re
from collections import Counter
from pathlib import Path

import pytest

import lab.teaching.quiz as module
from lab import quiz

ROOT = Path(__file__).resolve().parents[2]
QUIZZES = sorted(path.stem for path in (ROOT / "lab/teaching/quizzes").iterdir())
every_quiz = pytest.mark.parametrize("name", QUIZZES)


@every_quiz
def test_a_quiz_has_five_different_questions_with_three_or_four_different_choices(name):
    questions = quiz(name).questions
    assert len({question.ask for question in questions}) == len(questions) == 5
    for question in questions:
        assert len(question.choices) in (3, 4), question.ask
        assert len({choice.text for choice in question.choices}) == len(question.choices)


@every_quiz
def test_one_choice_of_a_question_is_right_and_each_has_a_reason_of_its_own(name):
    for question in quiz(name).questions:
        assert sum(choice.right for choice in question.choices) == 1, question.ask
        reasons = {choice.why.strip() for choice in question.choices}
        assert len(reasons) == len(question.choices), question.ask
        assert all(len(reason.split()) >= 4 for reason in reasons), question.ask


@every_quiz
def test_the_right_choice_stands_now_here_now_there(name):
    places = [[c.right for c in question.choices].index(True) for question in quiz(name).questions]
    assert max(Counter(places).values()) <= 3


@every_quiz
def test_a_quiz_belongs_to_a_lesson(name):
    assert (ROOT / "notebooks" / f"{name}.ipynb").is_file()


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Return the quiz that a text makes."""

    def read(text):
        (tmp_path / "made_up.toml").write_text(text)
        monkeypatch.setattr(module, "_QUIZZES", tmp_path)
        return quiz("made_up")

    return read


QUESTION = """
[[question]]
ask = "Is `a < b`?"
choices = [
    { wrong = "no <b>", why = "it is not" },
    { right = "yes", why = "look at `b`" },
]
"""


def test_in_a_notebook_each_choice_unfolds_its_verdict_and_its_reason(written):
    html = written(QUESTION)._repr_html_()
    assert "<p>Is <code>a &lt; b</code>?</p>" in html
    assert re.findall("<details>.*?</details>", html) == [
        "<details><summary>no &lt;b&gt;</summary>"
        "<p><strong>Wrong, because</strong> it is not</p></details>",
        "<details><summary>yes</summary>"
        "<p><strong>Right:</strong> look at <code>b</code></p></details>",
    ]


def test_as_text_it_asks_and_does_not_answer(written):
    assert repr(written(QUESTION)) == "1. Is `a < b`?\n   a) no <b>\n   b) yes"


def test_it_needs_no_script_and_no_style_sheet_which_viewers_take_out(written):
    tags = set(re.findall(r"<(\w+)", written(QUESTION)._repr_html_()))
    assert tags == {"div", "ol", "li", "p", "code", "details", "summary", "strong"}


def test_a_quiz_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match=r"name must be one of .*01_basic.*, got '01_basik'"):
        quiz("01_basik")


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("right =", "rihgt =", "a choice must have right or wrong, and why, got rihgt, why in 'Is"),
        (', why = "it is not"', "", "a choice must have right or wrong, and why, got wrong in 'Is"),
        ("ask =", 'hint = "b"\nask =', "a question must have ask and choices, got hint, ask"),
        ("ask =", "asks =", "a question must have ask and choices, got asks, choices"),
        ("[[question]]", "[[questions]]", "a quiz must have [[question]]s, got questions"),
    ],
)
def test_a_file_with_a_slip_is_refused_with_the_rule(written, was, becomes, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        written(QUESTION.replace(was, becomes, 1))
