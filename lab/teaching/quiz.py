"""A quiz: click on a choice to read whether it is right, and why. Needs no kernel.

The questions lie in `quizzes`, a file for each lesson; CONTRIBUTING.md shows how one looks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import ascii_lowercase
from typing import Any

from lab.teaching.markup import framed, sentence

__all__ = ["Choice", "Question", "Quiz", "quiz"]

_QUIZZES = files("lab.teaching") / "quizzes"


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible answer, and why it is right or wrong."""

    text: str
    right: bool
    why: str

    @property
    def verdict(self) -> str:
        return "Right:" if self.right else "Wrong, because"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its choices, one of which is right."""

    ask: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, repr=False)
class Quiz:
    """Questions that tell the answer to whoever clicks on one."""

    questions: tuple[Question, ...]

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question.ask}")
            lettered = zip(ascii_lowercase, question.choices, strict=False)
            lines += [f"   {letter}) {choice.text}" for letter, choice in lettered]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return framed(f"<ol>{''.join(map(_html, self.questions))}</ol>")


def _html(question: Question) -> str:
    choices = "".join(
        f"<details><summary>{sentence(choice.text)}</summary>"
        f"<p><strong>{choice.verdict}</strong> {sentence(choice.why)}</p></details>"
        for choice in question.choices
    )
    return f'<li style="margin-bottom: 1em"><p>{sentence(question.ask)}</p>{choices}</li>'


def quiz(name: str) -> Quiz:
    """Return the quiz of a lesson, such as "01_basic".

    Raises ValueError if there is none, or if its file does not say what it must.
    """
    there = sorted(file.name.removesuffix(".toml") for file in _QUIZZES.iterdir())
    if name not in there:
        raise ValueError(f"name must be one of {', '.join(there)}, got {name!r}")
    data = tomllib.loads((_QUIZZES / f"{name}.toml").read_text(encoding="utf-8"))
    if data.keys() != {"question"}:
        raise ValueError(f"a quiz must have [[question]]s, got {', '.join(data)}")
    return Quiz(tuple(_question(given) for given in data["question"]))


def _question(given: Mapping[str, Any]) -> Question:
    if given.keys() != {"ask", "choices"}:
        raise ValueError(f"a question must have ask and choices, got {', '.join(given)}")
    ask = given["ask"]
    return Question(ask, tuple(_choice(choice, ask) for choice in given["choices"]))


def _choice(given: Mapping[str, str], ask: str) -> Choice:
    for verdict in ("right", "wrong"):
        if given.keys() == {verdict, "why"}:
            return Choice(given[verdict], verdict == "right", given["why"])
    raise ValueError(
        f"a choice must have right or wrong, and why, got {', '.join(given)} in {ask!r}"
    )
