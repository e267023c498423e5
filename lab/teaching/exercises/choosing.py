"""Questions that ask which of several things fits each of five descriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked
from lab.teaching.wording import kind, listed, plural

__all__ = ["Choice", "choosing"]

LETTERS: Final = "ABCDE"


@dataclass(frozen=True)
class Choice:
    """Something to choose.

    Attributes:
        need: what decides for it, in a few words.
        ask: the question that leads to it; it does not name it.
        texts: descriptions that it fits, and nothing else does; `{few}` and `{many}` stand for
            numbers.
    """

    need: str
    ask: str
    texts: Sequence[str]


def choosing(random: Random, choices: Mapping[str, Choice], what: str) -> Asked:
    """Return a question with five descriptions; a thing may fit several of them, or none.

    Args:
        random: what is drawn from.
        choices: what to choose from, by name.
        what: that is, such as "pool".
    """
    all_texts = [(name, text) for name, choice in choices.items() for text in choice.texts]
    drawn = random.sample(all_texts, len(LETTERS))
    right = [name for name, _ in drawn]
    described = [
        text.format(few=random.randint(3, 9), many=100 * random.randint(3, 90)) for _, text in drawn
    ]

    def judge(answer: Any) -> str:
        for letter, given, name in zip(LETTERS, _names(answer, choices, what), right, strict=True):
            if given != name:
                raise NotYet(f"{letter} is not for {given}: {choices[name].ask}")
        return "; ".join(f"{name}: {choices[name].need}" for name in dict.fromkeys(right))

    lines = [f"{letter}: {text}" for letter, text in zip(LETTERS, described, strict=True)]
    return Asked(
        "\n\n".join(
            [
                f"Which {what} fits best? Write five names, for A to E; they may repeat. "
                f"The names are {', '.join(f'`{name}`' for name in choices)}.",
                *lines,
            ]
        ),
        judge,
        numbers={letter: choices[name].need for letter, name in zip(LETTERS, right, strict=True)},
    )


def _names(answer: Any, choices: Mapping[str, Choice], what: str) -> list[str]:
    if isinstance(answer, dict) and sorted(map(str, answer)) == sorted(LETTERS):
        answer = [answer[letter] for letter in LETTERS]
    if not isinstance(answer, list | tuple):
        raise NotYet(f"the answer must be a list of five names, and is {kind(answer)}")
    if len(answer) != len(LETTERS):
        raise NotYet(f"the answer must be five names, got {plural(len(answer), 'name')}")
    names = [str(name).strip().casefold().replace(" ", "_") for name in answer]
    for given, name in zip(answer, names, strict=True):
        if name not in choices:
            raise NotYet(f"there is no {what} {given!r}: each must be one of {listed([*choices])}")
    return names
