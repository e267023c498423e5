"""What stands where a picture cannot be drawn, as there is no matplotlib."""

from __future__ import annotations

import html
from typing import Any, Final

__all__ = ["NO_PICTURES", "NoPicture"]

NO_PICTURES: Final = "Pictures need matplotlib, which could not be had here."


class NoPicture:
    """Words in place of a picture.

    Attributes:
        text: what the picture would have shown, in words.
    """

    def __init__(self, text: str) -> None:
        self.text = f"{NO_PICTURES} {text}".strip()

    def __repr__(self) -> str:
        return self.text

    def html(self) -> str:
        """Return the words as HTML."""
        return f"<p>{html.escape(self.text)}</p>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html()}
