"""What a board says of a game: in sentences, and as a table of turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from lab.model.trace import Turn
from lab.plots.palette import AHEAD, PLAIN, RING, WAITS
from lab.teaching.game import Game
from lab.teaching.levels import Level
from lab.teaching.progress import Standing
from lab.teaching.wording import plural

__all__ = ["Line", "lines_html", "standing_lines", "too_late", "turn_table", "what_happened"]

Tone = Literal["good", "bad", "plain"]

_MOST_ROWS: Final = 200
_MOST_ALONE: Final = 4  # turns that are named; of more, their number is said
_INKS: Final[Mapping[Tone, str]] = {"good": "#00664B", "bad": "#A84300", "plain": "#111"}
_SIGNS: Final[Mapping[Tone, str]] = {"good": "✓ ", "bad": "✗ ", "plain": ""}
_PAGE: Final = "background:#fff;color:#111;font:13px/1.45 'DejaVu Sans',Verdana,sans-serif"


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and whether what it says is good, bad or neither."""

    text: str
    tone: Tone = "plain"

    def __str__(self) -> str:
        return _SIGNS[self.tone] + self.text


def what_happened(game: Game, level: Level | None = None) -> list[Line]:
    """Say what was done since the last move, what came of it, and who can go next.

    Args:
        game: where it stands.
        level: what it is a game of; it says whether an end is a good one.
    """
    lines = [Line(f"by itself: {_listed(game.alone)}")] if game.alone else []
    position = game.position
    if position.verdict is None:
        could = "; ".join(f"{task}: {what}" for task, what in position.choices.items())
        return [*lines, Line(f"who goes next? {could}")]
    return [*lines, _ending(game, level)]


def too_late(game: Game, guilty: int) -> Line:
    """Say after which turn, numbered from 0, nothing could be saved."""
    turn = game.position.turns[guilty]
    return Line(f"after {turn.task} {turn}, no order could go well any more")


def _ending(game: Game, level: Level | None) -> Line:
    position, made = game.position, plural(len(game.moves), "decision")
    verdict = position.verdict or ""
    if level is None:
        return Line(f"{verdict} ({made})", "bad" if position.broken else "good")
    if not level.reached(game):
        if position.broken:
            return Line(f"it went wrong: {position.failure} ({made})", "bad")
        return Line(f"not broken: {verdict} ({made})", "bad")
    well = verdict if position.broken else "you saved it"
    return Line(f"{well} ({made}{'' if level.par is None else f', par is {level.par}'})", "good")


def standing_lines(level: Level, standing: Standing) -> list[Line]:
    """Say how far the player is in a level: the shortest game, and the failures found."""
    par = "" if level.par is None else f"; par is {level.par}"
    if standing.fewest is None:
        lines = [Line(f"not yet {_DONE[level.goal]}{par}")]
    else:
        best = f"{_DONE[level.goal]} with {plural(standing.fewest, 'decision')}{par}"
        lines = [Line(best, "good")]
    if level.failures is None:
        lines.append(Line(f"{plural(len(standing.failures), 'distinct failure')} found"))
    elif level.failures:
        found = [failure for failure in standing.failures if failure in level.failures]
        number, of = len(found), len(level.failures)
        lamps = "●" * number + "○" * (of - number)
        failures = "distinct failure" + "s" * (of != 1)
        text = f"found {number} of {of} {failures} {lamps}"
        lines.append(Line(text, "good" if number == of else "plain"))
        lines += [Line(f"● {failure}") for failure in found]
    return lines


_DONE: Final = {"break": "broken", "save": "saved"}


def _listed(turns: Iterable[Turn]) -> str:
    said = [f"{turn.task} {turn}" for turn in turns]
    if len(said) > _MOST_ALONE:
        said[_MOST_ALONE - 1 :] = [f"and {len(said) - _MOST_ALONE + 1} more turns"]
    return "; ".join(said)


def lines_html(lines: Iterable[Line], *, announced: bool = False) -> str:
    """Return the lines as HTML, in colour; announced, a screen reader says them at once."""
    # A screen reader says an alert when it is put into the page; the board cannot do more than
    # that, as its parts are replaced, and a mere status would have to be there before.
    role = ' role="alert" aria-live="assertive" aria-atomic="true"' if announced else ""
    said = "".join(
        f'<div style="color:{_INKS[line.tone]};'
        f'font-weight:{"normal" if line.tone == "plain" else "bold"}">{escape(str(line))}</div>'
        for line in lines
    )
    return f'<div{role} style="{_PAGE};padding:4px 8px">{said}</div>'


def turn_table(game: Game, guilty: int | None = None) -> str:
    """Return the turns as an HTML table, a column a task: the last ones are in view.

    What the player decided is marked "you"; the guilty turn is framed, and says so; who can go
    next is dashed.
    """
    position = game.position
    own = {decision.turn for decision in position.decisions[: len(game.moves)]}
    tasks = list(dict.fromkeys(turn.task for turn in position.turns))
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(task)}</th>' for task in tasks)
    rows = [f'<tr><th style="{_CELL}">turn</th><th style="{_CELL}">by</th>{head}</tr>']
    shown = [n for n, t in enumerate(position.turns) if not t.silent or n in own or n == guilty]
    first = max(len(shown) - _MOST_ROWS, 0)
    if first:
        rows.append(
            f'<tr><td colspan="3" style="{_CELL}">… {plural(first, "turn")} before</td></tr>'
        )
    time = position.turns[shown[first - 1]].time if first else 0.0
    for number, index in enumerate(shown[first:], first + 1):
        turn = position.turns[index]
        name = f"{number}" if turn.time == time else f"{turn.time:.6g} s &nbsp; {number}"
        time = turn.time
        by = "you" if index in own else "itself"
        if index == guilty:
            by += f' <b style="color:{_INKS["bad"]}">too late ▶</b>'
        cells = _cell(turn, tasks.index(turn.task), len(tasks), index == guilty, index in own)
        rows.append(
            f'<tr><th scope="row" style="{_CELL};font-weight:normal">{name}</th>'
            f'<td style="{_CELL};color:#555;text-align:right">{by}</td>{cells}</tr>'
        )
    if position.choices:
        rows.append(_ready(position.choices, tasks))
    # Reversed, so that a long table is scrolled down to its last turns.
    return (
        f'<div style="{_PAGE};display:flex;flex-direction:column-reverse;max-height:30em;'
        'align-items:flex-start;overflow:auto"><table style="border-collapse:separate;'
        'border-spacing:3px;margin:0;font:inherit">'
        f"{''.join(rows)}</table></div>"
    )


_CELL: Final = "padding:1px 6px;text-align:left;white-space:nowrap"


def _cell(turn: Turn, column: int, columns: int, guilty: bool, own: bool) -> str:
    fill, *_ = WAITS if "waits" in turn.result else PLAIN
    edge = f"3px solid {RING}" if guilty else "1px solid #999"
    if guilty:
        fill, *_ = AHEAD
    weight = "bold" if own else "normal"
    style = f"{_CELL};background:{fill};border:{edge};font-weight:{weight}"
    cells = ["<td></td>"] * columns
    cells[column] = f'<td style="{style}">{escape(str(turn))}</td>'
    return "".join(cells)


def _ready(choices: Mapping[str, str], tasks: list[str]) -> str:
    """The row of what could come next; tasks of one name share a column."""
    texts: dict[str, list[str]] = {}
    for label, operation in choices.items():
        name = next((task for task in tasks if task == label), label.partition(" (task ")[0])
        texts.setdefault(name, []).append(f"{operation}?")
    style = f"{_CELL};border:1px dashed #444;font-style:italic"
    cells = "".join(
        f'<td style="{style}">{escape("; ".join(texts[task]))}</td>'
        if task in texts
        else "<td></td>"
        for task in tasks
    )
    return f'<tr><th scope="row" style="{_CELL};font-weight:normal">next</th><td></td>{cells}</tr>'
