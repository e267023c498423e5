"""HTML for what a lesson shows: sentences with `code` in them, and whatever can show itself.

No colours for text and no style sheet: both themes of JupyterLab have theirs, and JupyterLab takes
out `<style>`.
"""

from __future__ import annotations

import re
from html import escape

__all__ = ["framed", "html_of", "sentence"]

_EDGE = "#0072B2"  # 5:1 on white, 3:1 and more on the dark theme's grey


def sentence(text: str) -> str:
    """Return a sentence as HTML; what stands in `backticks` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def framed(body: str) -> str:
    """Return HTML with a line down its left side, to tell it from the output of other cells."""
    return f'<div style="border-left: 4px solid {_EDGE}; padding-left: 12px">{body}</div>'


def html_of(thing: object) -> str:
    """Return how `thing` shows itself in a notebook, as HTML; its text if it knows none."""
    bundle = getattr(thing, "_repr_mimebundle_", None)
    html = bundle().get("text/html") if bundle else None
    if html is None and hasattr(thing, "_repr_html_"):
        html = thing._repr_html_()
    return f"<pre>{escape(str(thing), quote=False)}</pre>" if html is None else str(html)
