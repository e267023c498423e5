"""The moving picture at the top of the README: a failing schedule grows until it breaks the pool.

`python -m tools.hero > images/hero.svg` draws it. What it shows is explored, not made up: the
shortest schedule in which two callers of `pitfalls.check_then_act` get into a room for one, and
how many of all schedules fail. It moves three times, then stands still, complete; so it does for
readers who want no motion, and where nothing can move.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from lab.exploring import explore
from lab.model.exploration import Failure
from lab.model.trace import Turn
from patterns import pitfalls

__all__ = ["Story", "alternative", "picture", "story"]

CALLERS: Final = 2
ROOM: Final = 1


@dataclass(frozen=True)
class Story:
    """What the picture tells.

    Attributes:
        turns: of the callers, up to the one that breaks the pool.
        workers: how many there are after each of these turns.
        code: what the callers run, line by line.
        found: how many schedules fail, in a sentence.
    """

    turns: tuple[Turn, ...]
    workers: tuple[int, ...]
    code: tuple[str, ...]
    found: str


def story() -> Story:
    """Explore the pool, and tell of the shortest schedule that breaks it."""
    found = explore(
        pitfalls.check_then_act,
        callers=CALLERS,
        max_workers=ROOM,
        check=lambda run: run.value <= ROOM,
        how="every",
    )
    assert found.failure is not None, found
    assert found.complete, found
    turns = tuple(_until_it_breaks(found.failure))
    workers = [int(turn.result) for turn in turns]
    return Story(turns, tuple(workers), tuple(_code()), str(found).partition(";")[0])


def _until_it_breaks(failure: Failure) -> list[Turn]:
    """Return what the callers do to the number of workers, until there are too many."""
    turns = []
    for turn in failure.turns:
        if turn.task.startswith("caller") and turn.subject == "workers":
            turns.append(turn)
            if int(turn.result) > ROOM:
                return turns
    raise ValueError(f"the schedule must end with more than {ROOM} workers, got {turns}")


def _code() -> list[str]:
    """Return the lines of `add_worker`, to the one that adds."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(pitfalls.check_then_act)))
    [function] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "add_worker"
    ]
    function.returns = None
    lines = ast.unparse(function).splitlines()
    last = next(number for number, line in enumerate(lines) if ".add(" in line)
    return lines[: last + 1]


def alternative(story: Story) -> str:
    """Say what the picture shows."""
    turns = "; ".join(f"{turn.task} {turn}" for turn in story.turns)
    return (
        f"A failing schedule, turn by turn, ends with {story.workers[-1]} workers where there is "
        f"room for {ROOM}: {turns}. {story.found[0].upper()}{story.found[1:]}."
    )


# Pixels, and seconds.
_WIDTH, _HEIGHT, _EDGE = 900, 376, 28
_LANES, _LANE, _TOP, _ROW = 404, 226, 112, 42
_PAUSE, _STEP, _HOLD, _TIMES = 1.0, 1.5, 5.0, 3
_INK, _SOFT, _BLUE, _RED = "#1a1a1a", "#555", "#0072B2", "#A84300"
_STYLE: Final = """
text { font: 16px 'DejaVu Sans', Verdana, sans-serif; fill: #1a1a1a }
.code { font: 15px 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre }
.now { opacity: 0 }
@media (prefers-reduced-motion: reduce) { * { animation: none !important } }
"""


def picture(story: Story) -> str:
    """Draw the story as an SVG that moves by itself."""
    turns, total = story.turns, _PAUSE + _STEP * len(story.turns) + _HOLD
    begins = [_PAUSE + _STEP * number for number in range(len(turns))]
    ends = [*begins[1:], begins[-1] + _STEP]
    style, parts = [_STYLE], [_frame(story)]
    for number, (turn, begin, end) in enumerate(zip(turns, begins, ends, strict=True)):
        style += [_appears(f"t{number}", begin, total), _passes(f"n{number}", begin, end, total)]
        parts += [_line_of(story, turn, number), _turn(story, turn, number)]
    counts = [0, *story.workers]
    times = [0.0, *begins]
    *_, last = range(len(counts))
    for number, count in enumerate(counts):
        name, at = f"c{number}", times[number]
        stays = number == last
        until = total if stays else times[number + 1]
        style.append(_appears(name, at, total) if stays else _passes(name, at, until, total))
        parts.append(_count(count, name, stays))
    style.append(_appears("end", ends[-1], total))
    parts.append(_ending(story))
    said = escape(alternative(story))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" role="img">',
            f"<title>{said}</title>",
            f"<style>{''.join(style)}</style>",
            *parts,
            "</svg>",
            "",
        ]
    )


def _appears(name: str, at: float, total: float) -> str:
    """Let a thing appear at a moment, in seconds of `total`, and stay."""
    start, there = _percent(at, total), _percent(at + 0.25, total)
    frames = f"0%,{start}{{opacity:0}}{there},100%{{opacity:1}}"
    return _animated(name, frames, total)


def _passes(name: str, at: float, until: float, total: float) -> str:
    """Let a thing be there for a while."""
    come = "" if at == 0 else f"0%,{_percent(at, total)}{{opacity:0}}"
    there = _percent(at + 0.25 if at else 0, total)
    stays, gone = _percent(until, total), _percent(until + 0.25, total)
    frames = f"{come}{there},{stays}{{opacity:1}}{gone},100%{{opacity:0}}"
    return _animated(name, frames, total)


def _animated(name: str, frames: str, total: float) -> str:
    return f"@keyframes {name}{{{frames}}}\n#{name}{{animation:{name} {total:g}s {_TIMES}}}\n"


def _percent(time: float, total: float) -> str:
    return f"{100 * time / total:.2f}%"


def _frame(story: Story) -> str:
    """What stands still: the card, the titles, the code, the names of the callers."""
    lanes = _lanes(story.turns)
    names = "".join(
        f'<text x="{_LANES + n * _LANE}" y="{_TOP - 14}" style="font-weight:bold">'
        f"{escape(task)}</text>"
        for n, task in enumerate(lanes)
    )
    code = "".join(
        f'<text class="code" x="{_EDGE + 8}" y="{_code_y(n)}">{escape(line)}</text>'
        for n, line in enumerate(story.code)
    )
    rooms = "worker" if ROOM == 1 else "workers"
    title = f"{len(lanes)} callers, and room for {ROOM} {rooms}"
    return (
        f'<rect x="1" y="1" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" rx="10" fill="#fff" '
        f'stroke="#bbb"/><text x="{_EDGE}" y="46" style="font-size:22px;font-weight:bold">'
        f"{title}</text>"
        f'<text x="{_EDGE}" y="{_TOP - 14}" style="fill:{_SOFT}">'
        f"each caller, on the count of workers</text>{code}{names}"
    )


def _lanes(turns: Sequence[Turn]) -> list[str]:
    return sorted({turn.task for turn in turns})


def _code_y(line: int) -> int:
    return _TOP + 24 + 28 * line


def _line_of(story: Story, turn: Turn, number: int) -> str:
    """The line of the code that a turn is about, while it is taken."""
    call = f".{turn.operation}("
    line = next(n for n, text in enumerate(story.code) if call in text)
    return (
        f'<rect id="n{number}" class="now" x="{_EDGE}" y="{_code_y(line) - 20}" width="346" '
        f'height="28" rx="4" fill="{_BLUE}" fill-opacity="0.16"/>'
    )


def _turn(story: Story, turn: Turn, number: int) -> str:
    x = _LANES + _lanes(story.turns).index(turn.task) * _LANE
    y = _TOP + number * _ROW
    breaks = number == len(story.turns) - 1
    edge, fill, wide = (_RED, "#FBE3D3", 3) if breaks else ("#999", "#F4F8FB", 1)
    return (
        f'<g id="t{number}"><rect x="{x}" y="{y}" width="{_LANE - 16}" height="34" rx="4" '
        f'fill="{fill}" stroke="{edge}" stroke-width="{wide}"/>'
        f'<text x="{x + 12}" y="{y + 23}">{escape(str(turn))}</text></g>'
    )


def _count(count: int, name: str, stays: bool) -> str:
    hidden = "" if stays else ' class="now"'
    ink = _RED if count > ROOM else _INK
    weight = "bold" if count > ROOM else "normal"
    return (
        f'<text id="{name}"{hidden} x="{_EDGE}" y="{_code_y(5)}" '
        f'style="font-size:22px;fill:{ink};font-weight:{weight}">workers: {count}</text>'
    )


def _ending(story: Story) -> str:
    y = _HEIGHT - 56
    return (
        f'<g id="end"><text x="{_EDGE}" y="{y}" style="font-size:18px;font-weight:bold;'
        f'fill:{_RED}">✗ {story.workers[-1]} workers where there is room for {ROOM}</text>'
        f'<text x="{_EDGE}" y="{y + 30}" style="fill:{_SOFT}">{escape(story.found)}</text></g>'
    )


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(picture(story()), end="")
