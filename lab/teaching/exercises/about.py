"""What a notebook of exercises is made of."""

from __future__ import annotations

from dataclasses import dataclass

from lab.teaching.problem import Problem

__all__ = ["About"]


@dataclass(frozen=True)
class About:
    """The exercises of one lesson.

    Attributes:
        module: where they are, under `lab.teaching.exercises`; the name of the assignment, too.
        notebook: the name of theirs, which is also the lesson's, such as "01_basic".
        title: what they are about, such as "the basic pool".
        imports: the code that a reader's answers need, besides the problems.
        problems: in the order of the notebook.
        intro: what is said before them, besides what all notebooks say; Markdown.
        has_lesson: whether there is a lesson of the same name.
    """

    module: str
    notebook: str
    title: str
    imports: str
    problems: tuple[Problem, ...]
    intro: str = ""
    has_lesson: bool = True
