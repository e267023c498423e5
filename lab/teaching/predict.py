"""Predict before you see: a question whose answer is sealed until the reader has guessed.

The guess is written into the cell, and the cell is run again: that works wherever Python does. What
is shown before, and stored in the notebook, holds a digest of the answer. So a comparison of stored
outputs notices when the answer changes, and nobody reads it there by accident.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from numbers import Integral, Real

from lab.teaching.markup import framed, html_of, sentence
from lab.teaching.wording import listed

__all__ = ["Prediction", "predict"]

_CLOSE = 0.005  # share of an answer with decimals that a guess may be off and still be right
_NEAR = 0.25  # share of a number that a near guess may be off


class _NoGuess(Exception):
    """It cannot be the answer, whatever the answer is; the message says what can."""


class Prediction:
    """A question with its sealed answer or, after a guess, with the verdict and the answer.

    Attributes:
        verdict: "right", "near" or "wrong"; None before a guess, and after one that is none.
    """

    def __init__(
        self,
        question: str,
        lines: Sequence[str],
        *,
        choices: Sequence[object] = (),
        verdict: str | None = None,
        shown: object = None,
    ) -> None:
        self.verdict = verdict
        self._question = question
        self._choices = tuple(choices)
        self._lines = tuple(lines)
        self._shown = shown

    def __repr__(self) -> str:
        choices = [f"- {choice!r}" for choice in self._choices]
        shown = [] if self._shown is None else [str(self._shown)]
        return "\n".join([f"Predict: {self._question}", *choices, *self._lines, *shown])

    def _repr_html_(self) -> str:
        question = f"<p><strong>Predict:</strong> {sentence(self._question)}</p>"
        choices = "".join(
            f"<li><code>{escape(repr(choice), quote=False)}</code></li>" for choice in self._choices
        )
        lines = "".join(f"<p>{sentence(line)}</p>" for line in self._lines)
        shown = "" if self._shown is None else html_of(self._shown)
        return framed(question + (f"<ul>{choices}</ul>" if choices else "") + lines) + shown


def predict(
    question: str,
    answer: object,
    *,
    guess: object = ...,
    choices: Sequence[object] | None = None,
    unit: str = "",
    tolerance: float | None = None,
    show: Callable[[], object] | None = None,
) -> Prediction:
    """Ask for a guess; with one, say whether it is right, and what the answer is.

    Args:
        question: one question; what stands in `backticks` is shown as code.
        answer: the computed answer: a number, a text, True or False, a tuple or list of these;
            with `choices`, anything that is among them.
        guess: what the reader writes in place of `...`.
        choices: two or more, all different; the reader writes one of them.
        unit: of the answer, such as "s".
        tolerance: how far off a guess of a number may be and still be right, >= 0. By default half
            a percent, and nothing if the answer is a whole number. Near is within a quarter.
        show: called without arguments, returns what is revealed with the answer, such as a picture.

    A guess that cannot be one is answered with a sentence, not with an exception. Raises ValueError
    or TypeError if the question itself is wrong.
    """
    if not question.strip():
        raise ValueError("question must not be empty")
    if tolerance is not None and not tolerance >= 0:
        raise ValueError(f"tolerance must be a number >= 0, got {tolerance!r}")
    if choices is not None:
        _check_choices(answer, choices)
    elif not _can_be_written(answer):
        raise TypeError(
            "answer must be a number, a text, True, False or a tuple of these, unless there are "
            f"choices, got {answer!r}"
        )
    how = "one of the choices" if choices is not None else _how(answer, unit)
    if guess is ...:
        lines = [
            "Write your guess in place of the dots in `guess=...` and run the cell again. "
            f"It is {how}.",
            f"The answer is sealed: {_seal(question, _text(answer, unit), _words(show))}",
        ]
        return Prediction(question, lines, choices=choices or ())
    try:
        verdict = (
            _judge(guess, answer, tolerance) if choices is None else _chosen(guess, answer, choices)
        )
    except _NoGuess:
        if choices is not None:
            how = f"one of {', '.join(map(repr, choices))}"
        return Prediction(question, [f"No guess yet: it must be {how}, got {listed([guess])}."])
    said, true = _text(guess, unit), _text(answer, unit)
    if verdict == "right":
        line = f"Right: {true}."
    else:
        line = f"{verdict.capitalize()}: you said {said}, the answer is {true}."
    return Prediction(question, [line], verdict=verdict, shown=show and show())


def _check_choices(answer: object, choices: Sequence[object]) -> None:
    different = [c for i, c in enumerate(choices) if c not in choices[:i]]
    if len(choices) < 2 or len(different) < len(choices):
        raise ValueError(f"choices must be two or more, all different, got {choices!r}")
    if answer not in choices:
        raise ValueError(f"choices must hold the answer {answer!r}, got {choices!r}")


def _number(value: object) -> float:
    """Return a finite number as a float; _NoGuess for anything else."""
    if not isinstance(value, Real | Decimal) or isinstance(value, bool):
        raise _NoGuess
    try:
        number = float(value)
    except (OverflowError, ValueError) as error:  # too large, or a signalling NaN
        raise _NoGuess from error
    if not math.isfinite(number):
        raise _NoGuess
    return number


def _can_be_written(answer: object) -> bool:
    if isinstance(answer, tuple | list):
        return bool(answer) and all(map(_can_be_written, answer))
    if isinstance(answer, str | bool):
        return True
    try:
        _number(answer)
    except _NoGuess:
        return False
    return True


def _how(answer: object, unit: str) -> str:
    """Say what a guess can be."""
    if isinstance(answer, tuple | list):
        return f"({', '.join(_how(part, unit) for part in answer)})"
    if isinstance(answer, bool):
        return "True or False"
    if isinstance(answer, str):
        return "a text in quotes"
    number = "a whole number" if isinstance(answer, Integral) else "a number"
    return f"{number}, in {unit}" if unit else number


def _judge(guess: object, answer: object, tolerance: float | None) -> str:
    """Return "right", "near" or "wrong"; _NoGuess for what cannot be the answer."""
    if isinstance(answer, tuple | list):
        if not isinstance(guess, tuple | list) or len(guess) != len(answer):
            raise _NoGuess
        verdicts = [_judge(g, a, tolerance) for g, a in zip(guess, answer, strict=True)]
        if set(verdicts) == {"right"}:
            return "right"
        return "near" if "right" in verdicts or "wrong" not in verdicts else "wrong"
    if isinstance(answer, bool | str):
        if not isinstance(guess, bool if isinstance(answer, bool) else str):
            raise _NoGuess
        return "right" if _same(guess, answer) else "wrong"
    true, off = _number(answer), abs(_number(guess) - _number(answer))
    if tolerance is None:
        tolerance = 0 if isinstance(answer, Integral) else _CLOSE * abs(true)
    if off <= tolerance + 1e-9 * abs(true):  # floats may be that wrong
        return "right"
    return "near" if off <= _NEAR * abs(true) else "wrong"


def _chosen(guess: object, answer: object, choices: Sequence[object]) -> str:
    """Return "right" or "wrong"; _NoGuess for what is not among the choices."""
    if not any(_same(guess, choice) for choice in choices):
        raise _NoGuess
    return "right" if _same(guess, answer) else "wrong"


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _plain(one) == _plain(other)
    # Else True would be the number 1.
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _text(value: object, unit: str) -> str:
    if isinstance(value, tuple | list):
        return f"({', '.join(_text(part, unit) for part in value)})"
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return str(value)
    text = str(value) if isinstance(value, Integral) else f"{float(value):.6g}"
    return f"{text} {unit}" if unit else text


def _words(show: Callable[[], object] | None) -> str:
    return "" if show is None else str(show())


def _seal(*parts: str) -> str:
    """Return a short digest of what is not to be read yet."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", "\0".join(parts))
    return hashlib.sha256(text.encode()).hexdigest()[:8]
