"""A picture, and the text for those who cannot see it."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from lab.plots.figure import WIDTH, styled
from lab.plots.png import encode

__all__ = ["LEAST_WIDTH", "Picture"]

LEAST_WIDTH: Final = 650  # pixels on a page: narrower, the smallest text would be below 9 pixels


class Picture:
    """A figure and the text that says what it shows.

    In a notebook the text is the plain form, and the HTML form carries the picture with the text
    as its alternative, which gets lost on the way to the reader with a bare image output. Nor
    could that keep a width below which its text is not legible: where the page is narrower, the
    HTML scrolls. There is no bare image besides: it would double the notebook, and who shows no
    HTML has the words.

    Attributes:
        figure: what is drawn.
        text: what it shows, in words.
    """

    def __init__(self, figure: Figure, text: str) -> None:
        self.figure = figure
        # Lone surrogates and controls, which no page can hold, are spelt out.
        self.text = "".join(
            c if c.isprintable() or c.isspace() else c.encode("unicode_escape").decode()
            for c in text
        )

    def __repr__(self) -> str:
        return self.text

    @styled()
    def png(self) -> bytes:
        """Return the picture as PNG, sharp at twice its size; the same figure, the same bytes."""
        return encode(self.figure)

    def html(self) -> str:
        """Return the picture as HTML, with the text as its alternative."""
        text, image = html.escape(self.text), base64.b64encode(self.png()).decode()
        width, height = map(round, self.figure.bbox.size)
        # Every property here is one that JupyterLab's sanitiser keeps; it would cut out a tabindex,
        # which the pages of the site add.
        size = f"width:100%;height:auto;min-width:{LEAST_WIDTH}px;max-width:{WIDTH}px"
        return (
            '<figure style="margin:0"><div style="overflow-x:auto">'
            f'<img alt="{text}" width="{width}" height="{height}" style="{size}" '
            f'src="data:image/png;base64,{image}"></div></figure>'
        )

    @styled()
    def save(self, path: str | Path) -> None:
        """Write the picture to `path`. Raises ValueError unless it ends in .png or .svg."""
        path = Path(path)
        if path.suffix == ".png":
            path.write_bytes(self.png())
        elif path.suffix == ".svg":
            self.figure.savefig(path, format="svg", metadata={"Date": None})
        else:
            raise ValueError(f"path must end in .png or .svg, got {path}")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html()}
