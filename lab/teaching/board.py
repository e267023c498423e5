"""The board of a game: its picture, buttons for its moves, and the levels to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from lab.plots import Picture, draw_turns
from lab.teaching.game import Game
from lab.teaching.levels import LEVELS, Level
from lab.teaching.progress import Progress
from lab.teaching.telling import (
    Line,
    lines_html,
    standing_lines,
    too_late,
    turn_table,
    what_happened,
)

__all__ = ["board", "draw_game", "play_levels"]

_FORGET, _SURE = "forget my progress", "really forget all of it?"


def draw_game(game: Game) -> Picture:
    """Draw the turns so far, a column a task; who can go next is dashed."""
    position = game.position
    moves = f"{len(game.moves)} move" + "s" * (len(game.moves) != 1)
    title = (position.verdict or f"{moves}; your turn").partition("\n")[0]
    return draw_turns(position.turns, title=title, text=str(position), ready=position.choices)


def board(game: Game) -> Any:
    """Return a widget that plays the game: a button for each task, undo, and the turns so far.

    The button of a task that cannot go next cannot be pressed. "run on" leaves the rest to the
    pool. What happened is said in words, and to a screen reader.
    """
    return _Board(game).widget


def play_levels(*own: Level, progress: Progress | None = None) -> Any:
    """Return a widget with all levels of the game: a button for each, and the board of one.

    Args:
        own: levels of yours, to come behind the others.
        progress: what was reached before; None: what the file beside the notebook says.
    """
    return _Levels((*LEVELS, *own), Progress() if progress is None else progress).widget


class _Board:
    """The board of one game after the other.

    Args:
        game: the first.
        level: what it is a game of, if it is one's.
        over: called whenever a move ends the game.
    """

    def __init__(
        self, game: Game, level: Level | None = None, over: Callable[[], object] | None = None
    ) -> None:
        from ipywidgets import HTML, Button, HBox, VBox  # needed for this alone

        self._new_button = Button
        self._over = over
        self._said, self._late, self._turns = (HTML(layout={"width": "100%"}) for _ in range(3))
        self._tasks = HBox(layout={"flex_flow": "row wrap"})
        self._run_on = self._button("run on", lambda: self.game.run_on())
        self._run_on.tooltip = "whoever has the turn keeps it until it has to wait"
        self._undo = self._button("undo", lambda: self.game.undo())
        self._restart = self._button("start again", lambda: self.game.restart())
        controls = HBox([self._run_on, self._undo, self._restart])
        self.widget = VBox([self._tasks, controls, self._said, self._late, self._turns])
        self.begin(game, level)

    def begin(self, game: Game, level: Level | None) -> None:
        """Show another game."""
        self.game, self._level = game, level
        self._buttons: dict[str, Any] = {}
        self._show(announced=False)

    def _button(self, text: str, move: Callable[[], object]) -> Any:
        def clicked(_: object) -> None:
            move()
            if self._over is not None and self.game.position.verdict is not None:
                self._over()
            self._show()

        made = self._new_button(description=text, layout={"width": "auto"})
        made.on_click(clicked)
        return made

    def _show(self, announced: bool = True) -> None:
        game = self.game
        choices = game.position.choices
        for task in choices:
            if task not in self._buttons:
                self._buttons[task] = self._button(task, partial(game.play, task))
        for task, its_button in self._buttons.items():
            can_go = task in choices
            its_button.disabled = not can_go
            its_button.button_style = "primary" if can_go else ""
            its_button.description = f"{task}: {choices[task]}" if can_go else task
        self._run_on.disabled = not choices
        self._undo.disabled = self._restart.disabled = not (game.moves or game.let_run)
        self._tasks.children = tuple(self._buttons.values())
        self._said.value = lines_html(what_happened(game, self._level), announced=announced)
        self._turns.value = turn_table(game)
        self._late.value = ""
        guilty = game.guilty  # takes longest, so the rest is shown before
        if guilty is not None:
            self._late.value = lines_html([too_late(game, guilty)], announced=announced)
            self._turns.value = turn_table(game, guilty)


class _Levels:
    """A row of levels, what to do in the chosen one, and its board."""

    def __init__(self, levels: Sequence[Level], progress: Progress) -> None:
        from ipywidgets import HTML, Button, HBox, VBox  # needed for this alone

        titles = [level.title for level in levels]
        twice = next((title for title in titles if titles.count(title) > 1), None)
        if twice is not None:
            raise ValueError(f"every level must have a title of its own, got {twice!r} twice")
        self._levels, self._progress = levels, progress
        self._buttons = [Button(tooltip=title, layout={"width": "auto"}) for title in titles]
        for number, button in enumerate(self._buttons):
            button.on_click(partial(self._choose, number))
        self._forget = Button(layout={"width": "auto", "align_self": "flex-start"})
        self._forget.on_click(self._forget_all)
        self._task, self._standing = (HTML(layout={"width": "100%"}) for _ in range(2))
        first = next((n for n, one in enumerate(levels) if progress.of(one).fewest is None), 0)
        self._chosen = first
        self._board = _Board(levels[first].game(), levels[first], self._record)
        row = HBox(self._buttons, layout={"flex_flow": "row wrap"})
        parts = [row, self._task, self._board.widget, self._standing, self._forget]
        self.widget = VBox(parts)
        self._show()

    @property
    def _level(self) -> Level:
        return self._levels[self._chosen]

    def _choose(self, number: int, _: object) -> None:
        self._chosen = number
        self._board.begin(self._level.game(), self._level)
        self._show(announced=True)

    def _record(self) -> None:
        if self._progress.record(self._level, self._board.game):
            self._show()

    def _forget_all(self, _: object) -> None:
        """Forget it at the second click."""
        if self._forget.description == _SURE:
            self._progress.reset()
            self._show()
        else:
            self._forget.description = _SURE

    def _show(self, announced: bool = False) -> None:
        for number, (level, button) in enumerate(zip(self._levels, self._buttons, strict=True)):
            done = self._progress.of(level).fewest is not None
            button.description = f"{number + 1} ✓" if done else f"{number + 1}"
            here = number == self._chosen
            button.button_style = "primary" if here else "success" if done else ""
        self._forget.description = _FORGET
        level = self._level
        task = Line(f"{self._chosen + 1}. {level.title}: {level.task}")
        self._task.value = lines_html([task], announced=announced)
        lines = standing_lines(level, self._progress.of(level))
        problem = self._progress.problem
        self._standing.value = lines_html([*lines, *([Line(problem, "bad")] if problem else [])])
