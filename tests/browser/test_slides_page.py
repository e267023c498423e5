"""The slides in a browser: keys lead through them, and each fits a projector."""

import pytest

from tools import slides

SHOWN = "document.querySelector('.slide:not([hidden])')"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("slides") / "index.html"
    path.write_text(slides.page([make() for make in slides.SLIDES]), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    complaints = []
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def place(page):
    """Return the number of the slide that is shown, and whether its sentence is."""
    return page.evaluate(
        f"() => [Number({SHOWN}.id), !{SHOWN}.querySelector('.sentence').matches('.asked')]"
    )


def test_a_slide_asks_then_tells_and_then_the_next_one_asks(page):
    seen = [place(page)]
    for key in ("ArrowRight", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(place(page))
    assert seen == [[1, False], [1, True], [2, False], [1, True]]


def test_after_a_click_in_the_player_the_arrows_are_still_the_slides(page):
    page.get_by_role("button", name="step forward").click()
    page.keyboard.press("ArrowRight")
    assert place(page) == [1, True]


def test_the_arrows_step_in_the_player_for_who_came_to_it_with_tab(page):
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert place(page) == [1, False]
    assert page.evaluate(f"() => {SHOWN}.querySelector('.run > div').player.position") > 0


def test_each_slide_fits_a_projector_from_its_start_to_its_end(page):
    for number in range(1, len(slides.SLIDES) + 1):
        assert place(page)[0] == number
        page.evaluate(f"() => {SHOWN}.querySelector('.run > div').player.jump(1e9)")
        page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")


def test_what_a_worker_does_is_not_cut_off_on_a_slide(page):
    cut = f"""() => [...{SHOWN}.querySelector(".run > div").shadowRoot.querySelectorAll(".state")]
        .filter((state) => state.scrollWidth > state.clientWidth).map((state) => state.innerText)"""
    for number in range(1, len(slides.SLIDES) + 1):
        assert place(page)[0] == number
        assert page.evaluate(cut) == []
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
