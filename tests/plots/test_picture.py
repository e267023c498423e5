"""What a picture is in a notebook, and as a file."""

import io

import pytest
from PIL import Image, ImageColor

from lab import simulate
from lab.plots import Picture, draw
from lab.plots.figure import WIDTH
from lab.plots.palette import LOOKS
from patterns import basic

RUN = simulate(basic.demo)


def test_a_picture_in_a_notebook_is_stored_once_and_carries_its_text_in_every_form():
    bundle = draw(RUN)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"].startswith("basic. 3 workers, 10 jobs, 4 s; busy")
    assert f'alt="{bundle["text/plain"]}"' in bundle["text/html"]
    assert bundle["text/html"] == draw(RUN).html()


def test_a_picture_is_shown_at_half_the_size_of_its_pixels():
    picture = draw(RUN)
    image = Image.open(io.BytesIO(picture.png()))
    width, height = (side // 2 for side in image.size)
    assert width == WIDTH
    assert f'width="{width}" height="{height}"' in picture.html()


def test_a_picture_has_a_palette_and_keeps_the_exact_colours_of_what_it_draws():
    image = Image.open(io.BytesIO(draw(RUN).png()))
    assert image.mode == "P"
    colours = {colour for _, colour in image.convert("RGB").getcolors()}
    assert {(255, 255, 255), ImageColor.getrgb(LOOKS["working"].fill)} <= colours


def test_the_alternative_text_is_escaped():
    picture = Picture(draw(RUN).figure, 'a "b" <c>')
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in picture.html()


def test_what_no_page_can_hold_is_spelt_out_in_the_text():
    picture = Picture(draw(RUN).figure, "a \ud800 \x00 \u202e\nλ 日")
    assert picture.text == "a \\ud800 \\x00 \\u202e\nλ 日"


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_saved_picture_is_the_same_every_time(tmp_path, suffix):
    paths = [tmp_path / f"{n}.{suffix}" for n in (1, 2)]
    for path in paths:
        draw(RUN).save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_picture_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg, got .*run\.jpg"):
        draw(RUN).save(tmp_path / "run.jpg")
