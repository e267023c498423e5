"""You are the scheduler: say who goes next, and try to break the pool."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from lab.exploring.judge import Check, judge
from lab.model.schedule import NotRepeatable, Schedule
from lab.model.trace import Turn
from lab.plots.failure import draw_steps
from lab.plots.picture import Picture
from lab.simulation.play import play
from lab.simulation.replay import Noting, label, told
from lab.simulation.runtime import SimulatedRuntime, SimulatedTask
from lab.simulation.watched import WatchedRuntime

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
        self._moves: tuple[str, ...] = ()
        self.position = self._play(())

    def play(self, *tasks: str) -> Position:
        """Let tasks go next, one after the other; return where the game stands.

        Raises ValueError, and makes no move, for a task that cannot go next.
        """
        moves, position = self._moves, self.position
        for task in tasks:
            if task not in position.choices:
                could = ", ".join(position.choices) or "nobody: the run is over"
                raise ValueError(
                    f"the next task must be one that can go on ({could}), got {task!r}"
                )
            moves = (*moves, task)
            position = self._play(moves)
        return self._stand(moves, position)

    def undo(self) -> Position:
        """Take the last move back, if there is one."""
        return self._stand(self._moves[:-1])

    def restart(self) -> Position:
        """Take all moves back."""
        return self._stand(())

    def draw(self) -> Picture:
        """Draw the turns so far, a column a task; who can go next is dashed."""
        position = self.position
        moves = f"{len(self._moves)} move" + "s" * (len(self._moves) != 1)
        title = (position.verdict or f"{moves}; your turn").partition("\n")[0]
        return draw_steps(
            position.turns,
            title=title,
            text=str(position),
            ready=position.choices,
        )

    def board(self) -> Any:
        """Return the game as a widget: a button for each task, undo, and the picture.

        The button of a task that cannot go next cannot be pressed.
        """
        from ipywidgets import HTML, Button, HBox, VBox

        picture, tasks = HTML(layout={"width": "100%"}), HBox(layout={"flex_flow": "row wrap"})
        buttons: dict[str, Button] = {}

        def button(text: str, move: Callable[[], object]) -> Button:
            def clicked(_: object) -> None:
                move()
                show()

            made = Button(description=text, layout={"width": "auto"})
            made.on_click(clicked)
            return made

        def show() -> None:
            choices = self.position.choices
            for task in choices:
                if task not in buttons:
                    buttons[task] = button(task, partial(self.play, task))
            for task, its_button in buttons.items():
                can_go = task in choices
                its_button.disabled = not can_go
                its_button.button_style = "primary" if can_go else ""
                its_button.description = f"{task}: {choices[task]}" if can_go else task
            undo.disabled = restart.disabled = not self._moves
            tasks.children = tuple(buttons.values())
            page = self.draw()._repr_mimebundle_()["text/html"]
            picture.value = page.replace("<img ", '<img style="max-width: 100%" ')

        undo, restart = button("undo", self.undo), button("start again", self.restart)
        show()
        return VBox([tasks, HBox([undo, restart]), picture])

    def _stand(self, moves: tuple[str, ...], position: Position | None = None) -> Position:
        self.position = self._play(moves) if position is None else position
        self._moves = moves
        return self.position

    def _play(self, moves: tuple[str, ...]) -> Position:
        guided = _Guided(moves)
        noting = Noting(guided)
        try:
            played = play(
                self._pool, noting, record=False, max_steps=MAX_STEPS, kind=WatchedRuntime
            )
        except _Paused as paused:
            return Position(paused.turns, paused.choices, None, False, noting.schedule)
        turns = guided.runtime.turns
        wrong = judge(played, self._check, traced=False)
        if wrong is None:
            return Position(turns, {}, "it is over, and all went well", False, noting.schedule)
        return Position(turns, {}, f"you broke it: {wrong[1]}", True, noting.schedule)


class _Paused(BaseException):
    """The moves are used up: what was done until then, and who can go next."""

    def __init__(self, turns: tuple[Turn, ...], choices: dict[str, str]) -> None:
        super().__init__()
        self.turns, self.choices = turns, choices


class _Guided:
    """The order of a game: the player's moves, then a stop."""

    runtime: WatchedRuntime

    def __init__(self, moves: tuple[str, ...]) -> None:
        self._moves = deque(moves)

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
            task = next((task for task in ready if label(task, ready) == wanted), None)
            if task is None:
                self.runtime.stop(
                    NotRepeatable(
                        f"after the same moves {wanted} could go next before, and now cannot: "
                        "the code depends on something besides them"
                    )
                )
                task = ready[0]
        elif task is None:
            in_order = sorted(ready, key=lambda task: task.number)
            choices = {label(task, ready): told(task) for task in in_order}
            # Now, because whoever is taken below still does one operation that nobody chose.
            self.runtime.stop(_Paused(self.runtime.turns, choices))
            task = ready[0]
        ready.remove(task)
        return task
