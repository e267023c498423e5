"""A real browser, and pages in it that may load nothing and complain of nothing.

The tests are skipped, and say why, where playwright or chromium is missing.
"""

import shutil

import pytest
from support import ROOT

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"


@pytest.fixture(scope="session")
def browser():
    """Start chromium, once for all tests."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is missing: make test-browser installs it"
    )
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Return `saved(player)`, the address of its page, which is written once."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {}

    def save(player):
        if player not in paths:
            paths[player] = folder / f"{len(paths)}.html"
            player.save(paths[player])
        return paths[player].as_uri()

    return save


@pytest.fixture
def opened(browser, saved):
    """Return `opened(player, **context)`, a page that shows it; it must not have complained."""
    contexts, complaints = [], []

    def open_page(player, *, width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _note_if_remote(request.url, complaints))
        page.goto(saved(player))
        page.wait_for_selector(".said")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def axe():
    """Return the source of axe-core."""
    if not AXE.exists():
        pytest.skip("axe-core is missing: make test-browser gets it, where there is npm")
    return AXE.read_text(encoding="utf-8")


def _note_if_remote(url, complaints):
    if not url.startswith(("file:", "data:", "blob:")):
        complaints.append(f"loads {url}")
