"""Make the notebooks of exercises: what students open, and what teachers grade with.

Both come from `lab.teaching.exercises`. `notebooks/exercises` holds what students open. Under
`teaching/source` the same notebooks are nbgrader sources: with the model solutions and the hidden
tests marked, so that `nbgrader generate_assignment` makes of them what students open.

    python -m tools.exercises
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import nbformat

from lab.teaching.exercises import abouts
from lab.teaching.exercises.about import About
from lab.teaching.problem import Problem, Question
from lab.teaching.texts import segment
from lab.teaching.wording import plural

__all__ = ["main", "released", "source"]

ROOT: Final = Path(__file__).resolve().parents[1]
RELEASED: Final = ROOT / "notebooks" / "exercises"
SOURCES: Final = ROOT / "teaching" / "source"
LINE: Final = 100  # characters, as ruff wraps it

_HOW_TO: Final = """\
Each exercise has a cell for your answer and a cell that checks it: the check says in one sentence \
what it found, and gives points. It runs a pool in the simulation, in many orders of events. Some \
runs go *statement by statement*: there, as on real threads, tasks may change places between any \
two statements of your function. A pool that waits for ever is stopped. Try as often as you like.

When you are stuck, add a cell of your own. For `{name}`, the last exercise, write `{name}.hint()` \
for a hint, and once more for the next one; `{name}.explain()` for a moving picture of what went \
wrong in the last check; `{name}.points` for each demand, its points, and what is wrong; \
`{name}.solution()` for a solution. `progress()` shows what you have done so far; \
`progress().save("summary.html", "your name")` writes it as a page.

Run the first two cells, then begin with whichever exercise you like."""


def released(about: About) -> Any:
    """Return the notebook that students open."""
    return _notebook(_cells(about, solved=False))


def source(about: About) -> Any:
    """Return the notebook as an nbgrader source."""
    return _notebook(_cells(about, solved=True))


def _notebook(cells: Iterator[Any]) -> Any:
    notebook = nbformat.v4.new_notebook(cells=[*cells])
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def _cells(about: About, solved: bool) -> Iterator[Any]:
    names = [problem.name for problem in about.problems]
    minutes = sum(problem.minutes for problem in about.problems)
    points = sum(most for problem in about.problems for _, most in problem.demands)
    intro = [
        f"# Exercises: {about.title}",
        f"{plural(len(names), 'exercise')}, about {minutes} minutes, {points} points. "
        + (
            f"What you need is in [the lesson](../{about.notebook}.ipynb)."
            if about.has_lesson
            else ""
        ),
        *([about.intro] if about.intro else []),
        _HOW_TO.format(name=names[-1]),
    ]
    yield _markdown("\n\n".join(part.strip() for part in intro))
    imports = [
        about.imports,
        "from lab.teaching.record import progress",
        f"from lab.teaching.exercises.{about.module} import {', '.join(sorted(names))}",
    ]
    yield _code("\n".join(sorted_imports(imports)), graded=_locked(f"{about.module}-imports"))
    yield _code('student = "guest"  # your name or number: your numbers depend on it')
    for number, problem in enumerate(about.problems, start=1):
        yield from _exercise(number, problem, solved)
    yield _markdown("## What is done")
    yield _code(f'progress("{about.module}")', tag="progress")
    if about.has_lesson:
        yield _markdown(f"Back to [the lesson](../{about.notebook}.ipynb).")


def sorted_imports(lines: Sequence[str]) -> list[str]:
    """Return the lines of several pieces of imports as one piece, sorted as ruff sorts them."""
    each = sorted({line for piece in lines for line in piece.splitlines() if line.strip()})
    ours = [line for line in each if line.split()[1].partition(".")[0] in {"lab", "patterns"}]
    others = [line for line in each if line not in ours]
    plain = [line for line in others if line.startswith("import ")]
    others = plain + [line for line in others if line not in plain]
    ours = [_wrapped(line) for line in ours]
    return [*others, "", *ours] if others else ours


def _wrapped(line: str) -> str:
    if len(line) <= LINE:
        return line
    module, _, names = line.partition(" import ")
    each = "".join(f"    {name},\n" for name in names.split(", "))
    return f"{module} import (\n{each})"


def _exercise(number: int, problem: Problem, solved: bool) -> Iterator[Any]:
    points = sum(most for _, most in problem.demands)
    yield _markdown(
        f"## {number}. {problem.title}\n\n"
        f"*{problem.kind.capitalize()}. About {plural(problem.minutes, 'minute')}, "
        f"{plural(points, 'point')}. {problem.goal}*\n\n{problem.text}"
    )
    own, grade_id = problem.name, problem.key.replace("/", "-")
    if isinstance(problem, Question):
        yield _code(f"{own} = {own}.of(student)\n{own}")
    answer = problem.start
    if solved:
        solution = segment("solutions", problem.key)
        answer = f"{answer}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
    yield _code(answer, tag=f"exercise-{own}", graded=_answer(grade_id))
    check = f"{own}.check({problem.answer})"
    if solved:
        of = ", student" if isinstance(problem, Question) else ""
        check += (
            "\n### BEGIN HIDDEN TESTS\n"
            "from lab.teaching import classroom\n\n"
            f'classroom.grade("{problem.key}", {problem.answer}{of})\n'
            "### END HIDDEN TESTS"
        )
    yield _code(check, tag=f"check-{own}", graded=_graded(f"{grade_id}-check", points))


def _markdown(text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text)


def _code(text: str, tag: str | None = None, graded: dict[str, Any] | None = None) -> Any:
    cell = nbformat.v4.new_code_cell(text)
    if tag is not None:
        cell.metadata["tags"] = [tag]
    if graded is not None:
        cell.metadata["nbgrader"] = {"schema_version": 3, "task": False, **graded}
    return cell


def _locked(grade_id: str) -> dict[str, Any]:
    return {"grade": False, "grade_id": grade_id, "locked": True, "solution": False}


def _answer(grade_id: str) -> dict[str, Any]:
    return {"grade": False, "grade_id": grade_id, "locked": False, "solution": True}


def _graded(grade_id: str, points: int) -> dict[str, Any]:
    of = {"grade": True, "grade_id": grade_id, "locked": True, "points": points}
    return {**of, "solution": False}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the notebooks; those that students open keep the outputs of cells that are the same."""
    argparse.ArgumentParser(prog="tools.exercises", description=__doc__).parse_args(arguments)
    for about in abouts():
        _write(RELEASED / f"{about.notebook}.ipynb", released(about))
        _write(SOURCES / about.module / f"{about.notebook}.ipynb", source(about))


def _write(path: Path, notebook: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        before = nbformat.read(path, as_version=4)
        outputs = {cell.source: cell for cell in before.cells if cell.cell_type == "code"}
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source in outputs:
                cell.outputs = outputs[cell.source].outputs
                cell.execution_count = outputs[cell.source].execution_count
        notebook.metadata = before.metadata
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
