"""One look for each state and outcome, the same in every picture.

The colours are those of Okabe and Ito (Color Universal Design, 2008), chosen so that colour-blind
readers can tell them apart; hatching tells them apart in greyscale as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from lab.model.trace import Outcome, Span, State

__all__ = [
    "AHEAD",
    "ARROW",
    "BEATS",
    "BEYOND",
    "BOUNDS",
    "CHANGES",
    "COUNTS",
    "CURVES",
    "FORMULA",
    "FORMULA_DASHES",
    "INSIDE",
    "LIFELINE",
    "LIMIT",
    "LIMIT_DASHES",
    "LOOKS",
    "MEASURED",
    "PALE",
    "PASSES",
    "PLAIN",
    "RING",
    "WAITS",
    "Look",
    "fails",
    "legible",
    "look_of",
]

LineStyle: TypeAlias = str | tuple[float, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a bar is drawn: `fill`, `hatch` in `ink`, and `text` on it, as colours."""

    name: str
    fill: str
    ink: str
    hatch: str
    text: str


def _by_name(*looks: Look) -> dict[str, Look]:
    return {look.name: look for look in looks}


_CONTRAST: Final = 4.5  # what WCAG asks for
_BLUE, _SKY, _VERMILION = "#0072B2", "#56B4E9", "#D55E00"

LOOKS: Final = _by_name(
    Look("working", _BLUE, "#FFFFFF", "", "#FFFFFF"),
    Look("failed", _VERMILION, "#FFFFFF", "xx", "#000000"),
    Look("unfinished", "#C6DBEF", _BLUE, "++", "#000000"),
    Look("cancelled", _SKY, "#003A5C", "--", "#000000"),
    Look("blocked", "#CC79A7", "#5B2144", "\\\\", "#000000"),
    Look("throttled", "#F0E442", "#6B6400", "//", "#000000"),
    Look("waiting", "#F2F2F2", "#9A9A9A", "..", "#000000"),
    Look("stopped", "#FFFFFF", "#555555", "||", "#000000"),
)

# What became of jobs, as the counts of a report name it.
COUNTS: Final = _by_name(
    Look("succeeded", _BLUE, "#FFFFFF", "", "#FFFFFF"),
    LOOKS["failed"],
    LOOKS["cancelled"],
    Look("never started", "#FFFFFF", "#555555", "", "#000000"),
)

# Time that a job gained or lost against another run.
CHANGES: Final = _by_name(
    Look("ended earlier", "#009E73", "#FFFFFF", "++", "#000000"),
    Look("ended later", "#E69F00", "#5C3F00", "oo", "#000000"),
)

# Schedules that go well, and those that go wrong, by the kind of failure.
PASSES: Final = Look("goes well", "#D6E9F5", _BLUE, "", "#000000")
_FAILURES: Final = {
    "check": "xx",
    "deadlock": "++",
    "leak": "oo",
    "crash": "**",
    "error": "//",
    "books": "--",
    "endless": "\\\\",
}

# Colour and line style of the curves of one comparison, in order.
CURVES: Final[tuple[tuple[str, LineStyle], ...]] = (
    (_BLUE, "-"),
    ("#E69F00", "--"),
    ("#009E73", "-."),
    (_VERMILION, ":"),
    ("#CC79A7", (0, (6, 1))),
    ("#000000", (0, (3, 1, 1, 1, 1, 1))),
    (_SKY, (0, (1, 0.6))),
    ("#7A5C00", (0, (8, 2, 2, 2))),
)

MEASURED: Final = _BLUE
BEYOND: Final = _VERMILION  # where a formula's bound is broken
INSIDE: Final = _SKY  # the area under a curve
BOUNDS: Final = Look("bounds", "0.9", "0.45", "", "#000000")
FORMULA: Final = "0.2"
FORMULA_DASHES: Final[LineStyle] = (0, (5, 2))
LIMIT: Final = "0.35"  # a capacity or a burst
LIMIT_DASHES: Final[LineStyle] = (0, (4, 3))
BEATS: Final = ("#F2F2F2", _SKY, _BLUE, "#000000")  # none missed, fewer, more, given up

# A turn of a schedule: fill, edge and ink of its box.
PLAIN: Final = ("#FFFFFF", "0.6", "black")
WAITS: Final = ("#EFEFEF", "0.6", "black")
AHEAD: Final = ("#FBE3D3", "0.6", "black")  # the schedule moved somebody ahead
PALE: Final = ("#FFFFFF", "0.88", "0.45")  # not done yet
RING: Final = _VERMILION
ARROW: Final = "0.15"  # from the task that woke another, to that one
LIFELINE: Final = "0.75"  # of a task that is no worker


def look_of(span: Span) -> Look:
    """Return the look of a span: its state, or for work that did not succeed its outcome.

    A job that was still in hand when all stopped, as in a deadlock, has no outcome.
    """
    if span.state is State.WORKING and span.job is not None and span.outcome is not Outcome.OK:
        return LOOKS["unfinished" if span.outcome is None else str(span.outcome)]
    return LOOKS[str(span.state)]


def legible(colour: str) -> str:
    """Return a colour for text: darkened, if need be, until it stands out from white, 4.5 to 1."""
    from matplotlib.colors import to_hex, to_rgb  # the player shows the looks without it

    red, green, blue = to_rgb(colour)
    share = 1.0
    while 1.05 / (_luminance(red * share, green * share, blue * share) + 0.05) < _CONTRAST:
        share -= 0.01
    return to_hex((red * share, green * share, blue * share))


def _luminance(*channels: float) -> float:
    """Return how light a colour is, as the guidelines for web pages (WCAG) define it."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def fails(kind: str) -> Look:
    """Return the look of a schedule with this kind of failure."""
    failed = LOOKS["failed"]
    return Look(f"fails: {kind}", failed.fill, failed.ink, _FAILURES.get(kind, "xx"), failed.text)
