"""One look for each state and outcome, the same in every picture.

The colours are those of Okabe and Ito (Color Universal Design, 2008), chosen so that colour-blind
readers can tell them apart; hatching tells them apart in greyscale as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from lab.tracing import Outcome, Span, State

__all__ = ["CHANGES", "CURVES", "LOOKS", "STYLE_FILE", "Look", "look"]

LineStyle: TypeAlias = str | tuple[float, tuple[float, ...]]

STYLE_FILE: Final = Path(__file__).with_name("workbook.mplstyle")


@dataclass(frozen=True, slots=True)
class Look:
    """How a bar is drawn: `fill`, `hatch` in `ink`, and `text` on it, as colours."""

    name: str
    fill: str
    ink: str
    hatch: str
    text: str


LOOKS: Final = {
    look.name: look
    for look in (
        Look("working", "#0072B2", "#FFFFFF", "", "#FFFFFF"),
        Look("failed", "#D55E00", "#FFFFFF", "xx", "#000000"),
        Look("cancelled", "#56B4E9", "#003A5C", "--", "#000000"),
        Look("blocked", "#CC79A7", "#5B2144", "\\\\", "#000000"),
        Look("throttled", "#F0E442", "#6B6400", "//", "#000000"),
        Look("waiting", "#F2F2F2", "#9A9A9A", "..", "#000000"),
        Look("stopped", "#FFFFFF", "#555555", "||", "#000000"),
    )
}

# Time that a job gained or lost against another run.
CHANGES: Final = {
    look.name: look
    for look in (
        Look("ended earlier", "#009E73", "#FFFFFF", "++", "#000000"),
        Look("ended later", "#E69F00", "#5C3F00", "oo", "#000000"),
    )
}

# Colour and line style of the curves of one comparison, in order.
CURVES: Final[tuple[tuple[str, LineStyle], ...]] = (
    ("#0072B2", "-"),
    ("#E69F00", "--"),
    ("#009E73", "-."),
    ("#D55E00", ":"),
    ("#CC79A7", (0, (6, 1))),
    ("#000000", (0, (3, 1, 1, 1, 1, 1))),
    ("#56B4E9", (0, (1, 0.6))),
    ("#7A5C00", (0, (8, 2, 2, 2))),
)


def look(span: Span) -> Look:
    """Return the look of a span: its state, or for work that did not succeed its outcome."""
    if span.state is State.WORKING and span.outcome in (Outcome.FAILED, Outcome.CANCELLED):
        return LOOKS[str(span.outcome)]
    return LOOKS[str(span.state)]
