"""The board of a game: its picture, and buttons for its moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lab.plots.picture import Picture
from lab.plots.turns import draw_turns
from lab.teaching.game import Game

__all__ = ["board", "draw_game"]


def draw_game(game: Game) -> Picture:
    """Draw the turns so far, a column a task; who can go next is dashed."""
    position = game.position
    moves = f"{len(game.moves)} move" + "s" * (len(game.moves) != 1)
    title = (position.verdict or f"{moves}; your turn").partition("\n")[0]
    return draw_turns(position.turns, title=title, text=str(position), ready=position.choices)


def board(game: Game) -> Any:
    """Return a widget that plays the game: a button for each task, undo, and the picture.

    The button of a task that cannot go next cannot be pressed.
    """
    from ipywidgets import HTML, Button, HBox, VBox  # needed for this alone

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
        choices = game.position.choices
        for task in choices:
            if task not in buttons:
                buttons[task] = button(task, partial(game.play, task))
        for task, its_button in buttons.items():
            can_go = task in choices
            its_button.disabled = not can_go
            its_button.button_style = "primary" if can_go else ""
            its_button.description = f"{task}: {choices[task]}" if can_go else task
        undo.disabled = restart.disabled = not game.moves
        tasks.children = tuple(buttons.values())
        page = draw_game(game).html()
        picture.value = page.replace("<img ", '<img style="max-width: 100%" ')

    undo, restart = button("undo", game.undo), button("start again", game.restart)
    show()
    return VBox([tasks, HBox([undo, restart]), picture])
