"""The palette: every look can be told apart without its colour, and read."""

import itertools
import re

import pytest
from matplotlib.colors import to_rgb

from lab.plots.palette import (
    AHEAD,
    CHANGES,
    COUNTS,
    CURVES,
    LIMIT,
    LOOKS,
    PALE,
    PASSES,
    PLAIN,
    WAITS,
    fails,
    legible,
)

KINDS = ["check", "deadlock", "leak", "crash", "error", "books", "endless"]


def luminance(colour):
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


LEGENDS = {
    "states and changes": [*LOOKS.values(), *CHANGES.values()],
    "counts": list(COUNTS.values()),
    "schedules": [PASSES, *map(fails, KINDS)],
}
LOOKS_BY_LEGEND = [(legend, look) for legend, looks in LEGENDS.items() for look in looks]


@pytest.mark.parametrize("legend", LEGENDS)
def test_two_looks_of_one_legend_differ_without_colour(legend):
    alike = [
        (one.name, other.name)
        for one, other in itertools.combinations(LEGENDS[legend], 2)
        if one.hatch == other.hatch and abs(luminance(one.fill) - luminance(other.fill)) <= 0.1
    ]
    assert alike == []


def test_what_goes_wrong_is_darker_so_that_it_shows_in_greyscale():
    assert luminance(PASSES.fill) - max(luminance(fails(kind).fill) for kind in KINDS) > 0.3


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("legend", "look"), LOOKS_BY_LEGEND)
def test_text_can_be_read_on_its_fill(legend, look):
    assert contrast(look.fill, look.text) >= 4.5


@pytest.mark.parametrize("box", [PLAIN, WAITS, AHEAD, PALE])
def test_a_turn_can_be_read_in_its_box(box):
    fill, _, ink = box
    assert contrast(fill, ink) >= 4.5


@pytest.mark.parametrize("colour", [colour for colour, _ in CURVES] + ["0.65", LIMIT, "white"])
def test_text_in_the_colour_of_a_line_is_darkened_until_it_can_be_read(colour):
    assert contrast(legible(colour), "white") >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert legible("#0072B2") == "#0072b2"


def test_every_curve_colour_is_a_colour():
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour, _ in CURVES)
