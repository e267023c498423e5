"""The player as notebooks and web pages have it.

In a notebook the cell's output holds two things: the still picture with its text, as every picture
here has them, and the widget. Whoever has a kernel sees the widget; `make notebooks` stores the
picture and its text only, so a reader without a kernel, GitHub and the comparison of notebooks
have exactly what `draw` would have given them. The page in an `<iframe>` inside the output would
play without a kernel, too, but it costs a hundred kilobytes a cell and is cut out by GitHub;
`save` writes that page as a file instead.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lab.model.exploration import Failure
from lab.plots.no_picture import NoPicture
from lab.plots.player.data import player_data
from lab.tracing import Traced

if TYPE_CHECKING:
    from lab.plots.picture import Picture

__all__ = ["SCRIPT", "Player", "inside_script", "play"]

SCRIPT: Final = Path(__file__).with_name("player.js")
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"

# Nothing may be loaded from anywhere: the page holds all that it needs.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1rem auto; max-width: 80rem; padding: 0 1rem; font-family: sans-serif; }}
@media (max-width: 45rem) {{ body {{ padding: 0; }} }}
img {{ max-width: 100%; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181d; color: #e6edf3; }} }}
</style>
</head>
<body>
<main id="player"></main>
<noscript>{still}</noscript>
<script type="application/json" id="data">{data}</script>
<script type="module">
{script}
const data = JSON.parse(document.getElementById("data").textContent);
mount(document.getElementById("player"), data, "h1");
</script>
</body>
</html>
"""


class Player:
    """A run that can be played, and its still picture.

    Attributes:
        data: what is played, as plain values; see `lab.plots.player.data`.
    """

    def __init__(self, data: dict[str, Any], still: Callable[[], Picture | NoPicture]) -> None:
        self.data = data
        self._draw_still = still

    def __repr__(self) -> str:
        return self.picture.text

    @cached_property
    def picture(self) -> Picture | NoPicture:
        """What stands where no script runs: the whole run at once, with its text."""
        return self._draw_still()

    def json(self) -> str:
        """Return what is played as one line of JSON."""
        return json.dumps(self.data, separators=(",", ":"))

    def html(self) -> str:
        """Return a page that plays by itself, and shows the still picture without scripts."""
        return _PAGE.format(
            title=html.escape(self.data["title"]),
            still=self.picture.html(),
            data=inside_script(self.json()),
            script=SCRIPT.read_text(encoding="utf-8"),
        )

    def save(self, path: str | Path) -> None:
        """Write the page to `path`. Raises ValueError unless it ends in .html."""
        path = Path(path)
        if path.suffix != ".html":
            raise ValueError(f"path must end in .html, got {path}")
        path.write_text(self.html(), encoding="utf-8", errors="backslashreplace")

    @cached_property
    def _widget(self) -> Any:
        """The widget; None where anywidget is not installed."""
        kind = _widget_class()
        return None if kind is None else kind(data=self.json())

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = dict(self.picture._repr_mimebundle_())
        if self._widget is not None:
            model = self._widget.model_id
            bundle[_WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": model}
        return bundle


def play(run: Traced, *, title: str | None = None) -> Player:
    """Return a run as a moving picture: play it, step through it, ask any job for its story.

    A failure of `explore`, and a run that replays a schedule, are played turn by turn.

    Args:
        run: a run, the trace of one, a deadlock, or a failure.
        title: replaces what stands above.

    Raises TypeError for anything else.
    """
    data = player_data(run, title)

    def still() -> Picture | NoPicture:
        try:
            from lab.plots.failure import draw_failure
            from lab.plots.runs import draw
        except ModuleNotFoundError:  # matplotlib
            return NoPicture(data["text"])
        return draw_failure(run) if isinstance(run, Failure) else draw(run, title=title)

    return Player(data, still)


@cache
def _widget_class() -> Any:
    """Return the class of the widget, imported when one is first shown."""
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None

    class PlayerWidget(anywidget.AnyWidget):
        """Shows the player; nothing comes back from it."""

        _esm = SCRIPT.read_text(encoding="utf-8")
        data = traitlets.Unicode().tag(sync=True)

    return PlayerWidget


def inside_script(text: str) -> str:
    """Return JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c")
