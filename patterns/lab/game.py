"""You are the scheduler: say who goes next, and try to break the pool."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from patterns.lab.plots.failure import draw_steps
from patterns.lab.plots.picture import Picture
from patterns.lab.simulation.judge import Check, judge
from patterns.lab.simulation.play import play
from patterns.lab.simulation.runtime import SimulatedRuntime, SimulatedTask
from patterns.lab.simulation.schedule import Noting, Schedule, label, told
from patterns.lab.simulation.watched import WatchedRuntime
from patterns.lab.tracing.trace import Turn

__all__ = ["Game", "Position"]

MAX_STEPS = 10_000


@dataclass(frozen=True)
class Position:
    """Where a game stands.

    Attributes:
        turns: what was done so far, one operation after the other.
        choices: who can go next, and with what; none when the run is over.
        verdict: None while it goes on; then what came of it.
        broken: whether the pool went wrong.
        schedule: the turns as a schedule, complete when the run is over.
    """

    turns: tuple[Turn, ...]
    choices: dict[str, str]
    verdict: str | None
    broken: bool
    schedule: Schedule

    def __str__(self) -> str:
        if self.verdict is not None:
            return self.verdict
        return "who goes next?\n" + "\n".join(f"  {t}: {o}" for t, o in self.choices.items())


class Game:
    """A run of a pool in which you decide who goes next, wherever two or more tasks could.

    Tasks that only begin do so by themselves. Every move runs the pool anew from its start, so
    that any number of moves can be taken back.

    Args:
        pool: as for `explore`, and so is `check`.
    """

    def __init__(self, pool: Callable[[], Any], *, check: Check | None = None) -> None:
        self._pool = pool
        self._check = check
        self._moves: list[str] = []
        self.position = self._play()

    def play(self, *tasks: str) -> Position:
        """Let tasks go next, one after the other; return where the game stands.

        Raises ValueError, and makes no move, for a task that cannot go next.
        """
        before = len(self._moves)
        for task in tasks:
            if task not in self.position.choices:
                could = ", ".join(self.position.choices) or "nobody: the run is over"
                del self._moves[before:]
                self.position = self._play()
                raise ValueError(
                    f"the next task must be one that can go on ({could}), got {task!r}"
                )
            self._moves.append(task)
            self.position = self._play()
        return self.position

    def undo(self) -> Position:
        """Take the last move back, if there is one."""
        if self._moves:
            self._moves.pop()
            self.position = self._play()
        return self.position

    def restart(self) -> Position:
        """Take all moves back."""
        self._moves.clear()
        self.position = self._play()
        return self.position

    def draw(self) -> Picture:
        """Draw the turns so far, a column a task."""
        position = self.position
        title = (position.verdict or "your move").partition("\n")[0]
        return draw_steps(position.turns, title=title, text=str(position))

    def board(self) -> Any:
        """Return the game as a widget: the picture, a button for each choice, and undo."""
        from ipywidgets import HTML, Button, HBox, VBox

        picture, buttons = HTML(), HBox(layout={"flex_flow": "row wrap"})

        def button(text: str, move: Callable[[], object], style: str) -> Button:
            def clicked(_: object) -> None:
                move()
                show()

            made = Button(description=text, button_style=style, layout={"width": "auto"})
            made.on_click(clicked)
            return made

        def show() -> None:
            picture.value = self.draw()._repr_mimebundle_()["text/html"]
            choices = [
                button(f"{task}: {operation}", partial(self.play, task), "primary")
                for task, operation in self.position.choices.items()
            ]
            back = [button("undo", self.undo, ""), button("start again", self.restart, "")]
            buttons.children = [*choices, *back]

        show()
        return VBox([buttons, picture])

    def _play(self) -> Position:
        guided = _Guided(self._moves)
        noting = Noting(guided)
        try:
            played = play(
                self._pool, noting, record=False, max_steps=MAX_STEPS, kind=WatchedRuntime
            )
        except _Paused:
            choices = {label(task, guided.ready): told(task) for task in guided.ready}
            return Position(guided.runtime.turns, choices, None, False, noting.schedule)
        turns = guided.runtime.turns
        wrong = judge(played, self._check, traced=False)
        if wrong is None:
            return Position(turns, {}, "it is over, and all went well", False, noting.schedule)
        return Position(turns, {}, f"you broke it: {wrong[1]}", True, noting.schedule)


class _Paused(BaseException):
    """The moves are used up."""


class _Guided:
    """The order of a game: the player's moves, then a stop."""

    runtime: WatchedRuntime

    def __init__(self, moves: list[str]) -> None:
        self._moves = deque(moves)
        self.ready: deque[SimulatedTask] = deque()

    def begin(self, runtime: SimulatedRuntime) -> None:
        """Remember whom to stop."""
        assert isinstance(runtime, WatchedRuntime)
        self.runtime = runtime

    def take(self, ready: deque[SimulatedTask], running: SimulatedTask | None) -> SimulatedTask:
        """Take who begins, else whom the player has chosen."""
        begins = next((task for task in ready if task.operation == "start"), None)
        task = ready[0] if len(ready) == 1 else begins
        if task is None and self._moves:
            wanted = self._moves.popleft()
            task = next(task for task in ready if label(task, ready) == wanted)
        elif task is None:
            self.ready = deque(ready)
            self.runtime.stop(_Paused())
            task = ready[0]
        ready.remove(task)
        return task
