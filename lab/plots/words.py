"""Names and messages as they can be drawn: only what the font has, and no longer than fits."""

from __future__ import annotations

from functools import cache, lru_cache

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from lab.plots.figure import DPI, FONT

__all__ = ["printable", "shorten", "width_of", "wrap"]


def printable(text: object) -> str:
    """Return the text in one line, with a box for each character that cannot be drawn.

    That is what the font does not have, and what would turn the direction of the text.
    """
    glyphs = _glyphs()
    return "".join(
        " " if c.isspace() else c if ord(c) in glyphs and c.isprintable() else "□"
        for c in str(text)
    )


@lru_cache(maxsize=4096)  # the same texts are measured again and again, each for a millisecond
def width_of(text: str, size: float = 10, *, bold: bool = False) -> float:
    """Return how wide a printable text is drawn, in pixels; `size` is in points."""
    font = _font(bold)
    font.set_size(size, DPI)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64  # FreeType counts in 64ths of a pixel


def shorten(text: object, pixels: float, size: float = 10, *, bold: bool = False) -> str:
    """Return the text, printable, and with "…" for what does not fit into so many pixels."""
    text = printable(text)
    longest = max(int(pixels), 0)  # characters: none is narrower than a pixel
    if len(text) <= longest and width_of(text, size, bold=bold) <= pixels:
        return text
    fits, too_long = 0, min(len(text), longest) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width_of(f"{text[:middle]}…", size, bold=bold) <= pixels:
            fits = middle
        else:
            too_long = middle
    return f"{text[:fits].rstrip()}…"


def wrap(
    text: object, pixels: float, size: float = 10, *, bold: bool = False, most: int = 2
) -> list[str]:
    """Return the text, printable, in at most so many lines of so many pixels.

    It is cut only if it needs more lines, or a word is wider than a line. A number stays in the
    line of the word after it.
    """
    rest, lines = printable(text).strip(" "), list[str]()
    while len(lines) < most - 1 and shorten(rest, pixels, size, bold=bold) != rest:
        line, *words = rest.split(" ")
        while words and width_of(f"{line} {words[0]}", size, bold=bold) <= pixels:
            line = f"{line} {words.pop(0)}"
        if not words:
            break
        begin, _, last = line.rpartition(" ")
        if begin and last.isdigit():
            line = begin
            words.insert(0, last)
        lines.append(line)
        rest = " ".join(words)
    return [shorten(line, pixels, size, bold=bold) for line in [*lines, rest]]


@cache
def _font(bold: bool) -> FT2Font:
    weight = "bold" if bold else "normal"
    return FT2Font(findfont(FontProperties(family=FONT, weight=weight)))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(_font(False).get_charmap()) & frozenset(_font(True).get_charmap())
