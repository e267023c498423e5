"""A picture, and the text for those who cannot see it."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lab.plots.figure import styled

__all__ = ["Picture"]


class Picture:
    """A figure and the text that says what it shows.

    In a notebook the text is the plain form, and the HTML form carries the picture with the text
    as its alternative, because the alternative text of a bare image output gets lost on the way to
    the reader. The bare image is there too, for viewers that show no HTML.

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
        """Return the picture as PNG; the same figure gives the same bytes."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def html(self) -> str:
        """Return the picture as HTML, with the text as its alternative."""
        return self._html(base64.b64encode(self.png()).decode())

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

    def _html(self, image: str) -> str:
        text = html.escape(self.text)
        return f'<figure><img alt="{text}" src="data:image/png;base64,{image}"></figure>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        image = base64.b64encode(self.png()).decode()
        return {"text/plain": self.text, "text/html": self._html(image), "image/png": image}
