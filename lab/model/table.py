"""Tables: as text where text is shown, as HTML in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

__all__ = ["Table", "cell"]

_WIDEST = 80  # characters
_NOTHING = "\N{EN DASH}"


class Table:
    """Rows of cells under headings; the first cell of a row says what the row is about.

    Args:
        headings: one for each column, none of them empty.
        rows: each with as many cells as there are headings. A cell that is no text is shown as
            `cell` has it.

    Raises ValueError for anything else.
    """

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        self.headings = tuple(headings)
        self.rows = tuple(tuple(map(cell, row)) for row in rows)
        if not all(heading.strip() for heading in self.headings):
            raise ValueError(f"headings must not be empty, got {self.headings!r}")
        for row in self.rows:
            if len(row) != len(self.headings):
                raise ValueError(
                    f"a row must have a cell for each of {len(self.headings)} headings, got {row!r}"
                )

    def __repr__(self) -> str:
        heads, gap = self._headings()
        height = max(map(len, heads), default=0)
        above = zip(*([""] * (height - len(head)) + head for head in heads), strict=True)
        lines = [*above, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            gap.join(
                text.rjust(width) if number else text.ljust(width)
                for number, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def _headings(self) -> tuple[list[list[str]], str]:
        """Return each heading's lines, and what to put between columns.

        Of a table that would be too wide, headings are hardly wider than what stands below.
        """
        columns = [max(map(len, column), default=0) for column in zip(*self.rows, strict=True)]
        below = columns or [0] * len(self.headings)
        whole = [max(len(text), width) for text, width in zip(self.headings, below, strict=True)]
        if sum(whole) + 2 * (len(whole) - 1) <= _WIDEST:
            return [[heading] for heading in self.headings], "  "
        return [
            wrap(heading, max(width, *map(len, heading.split())))
            for heading, width in zip(self.headings, below, strict=True)
        ], " "

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in self.headings)
        body = ""
        for first, *others in self.rows:
            cells = "".join(f"<td>{escape(text)}</td>" for text in others)
            body += f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: object, form: str = "") -> str:
    """Return a value as a cell shows it.

    Args:
        value: a float is shown with four significant digits, None as a dash.
        form: a unit ("s", "%": of a share from 0 to 1), or a format with braces ("{:.2f} s").
    """
    if value is None:
        return _NOTHING
    if "{" in form:
        return form.format(value)
    if form == "%":
        return f"{value:.0%}"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{text} {form}" if form else text
