"""A still picture on a narrow page: it scrolls, and keys reach it, whatever the host cuts out."""

from lab import draw, simulate
from lab.plots.picture import LEAST_WIDTH
from patterns import basic


def test_a_picture_wider_than_the_page_is_reached_and_scrolled_by_keys(browser):
    # JupyterLab leaves no tabindex: a browser of today lets what scrolls be focused without one.
    page = browser.new_page(viewport={"width": LEAST_WIDTH // 2, "height": 600})
    page.set_content(f"<main>{draw(simulate(basic.demo)).html()}</main>")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.firstElementChild.tagName") == "IMG"
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    page.close()
