"""The built site in a browser: every page is read, and the lab runs a lesson to its end.

The tests are skipped, and say why, where there is no site (`make site` builds it) or no chromium.
"""

import functools
import html
import http.server
import json
import re
import threading
import time
import tomllib
import zipfile
from urllib.parse import unquote, urlsplit

import pytest
from support import ROOT

SITE = ROOT / "_site"
CONFIG = tomllib.loads((ROOT / "site" / "config.toml").read_text(encoding="utf-8"))
CDN = CONFIG["pyodide_cdn"]
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in (SITE.glob("index.html"), *map(SITE.joinpath("read").rglob, ["*.html"]))
    for path in path
)
LOADED = SITE / "lite" / "static" / "pyodide"
ARCHIVES = sorted([*LOADED.glob("*.whl"), *LOADED.glob("*.zip")])
PLAYERS = [page for page in PAGES if "-player-" in page]
LESSONS = [page for page in PAGES if "-player-" not in page]
MINUTE = 60_000  # milliseconds


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves the site without a word."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def address():
    """Serve the site; return its address."""
    if not SITE.joinpath("index.html").exists():
        pytest.skip("the site is not built: make site builds it")
    handler = functools.partial(Server, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def new_reader(browser, address):
    """Return `new_reader()`: a browser without a past, whose requests to elsewhere fail.

    They are noted in its attribute `elsewhere`.
    """
    made = []

    def new():
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(MINUTE)
        context.elsewhere = []

        def refuse(route):
            context.elsewhere.append(route.request.url)
            route.abort()

        context.route(lambda url: not url.startswith((address, "data:", "blob:")), refuse)
        made.append(context)
        return context

    yield new
    for context in made:
        context.close()


@pytest.fixture(scope="session")
def context(new_reader):
    """The reader of the pages."""
    return new_reader()


@pytest.fixture
def opened(context, address):
    """Return `opened(page)`; it must not have complained, or asked for anything elsewhere."""
    pages, complaints = [], []
    context.elsewhere.clear()

    def open_page(name):
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "response",
            lambda found: found.ok or complaints.append(f"{found.status}: {found.url}"),
        )
        page.goto(f"{address}/{name}", wait_until="load")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []
    assert context.elsewhere == []


# What is read


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_a_complaint_and_asks_nobody_else(opened, name):
    assert opened(name).title()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LESSONS)
def test_axe_finds_nothing_to_mend_in_a_page(opened, axe, name, scheme):
    page = opened(name)
    page.emulate_media(color_scheme=scheme)
    page.evaluate(axe)
    # Frames hold players, which are looked at as pages of their own.
    found = page.evaluate("() => axe.run(document, { iframes: false })")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_a_lesson_is_as_dark_as_its_player_for_readers_who_like_it_dark(opened):
    page = opened("read/01_basic.html")
    colour = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(17, 17, 17)"


@pytest.mark.parametrize("name", PLAYERS)
def test_a_player_of_a_lesson_moves_at_the_press_of_a_key(opened, name):
    page = opened(name)
    before = page.locator("output").inner_text()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("output").inner_text() != before


def test_a_player_moves_inside_its_lesson(opened):
    page = opened("read/01_basic.html")
    page.locator("iframe").first.scroll_into_view_if_needed()
    player = page.frame_locator("iframe").first
    before = player.locator("output").inner_text()
    player.get_by_role("button", name="step forward").press("Enter")
    assert player.locator("output").inner_text() != before


SIZES = [1280, 800, 640]  # the last is 1,280 at twice the size


@pytest.mark.parametrize("name", sorted({re.sub(r"-player-\d+", "", page) for page in PLAYERS}))
def test_a_player_is_seen_whole_in_its_lesson_from_start_to_end(opened, name):
    page = opened(name)
    for width in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
            frame.content_frame.locator(".said").wait_for()
            for part in 0, 0.5, 1:
                frame.evaluate(
                    "(frame, part) => { const { player: p } ="
                    " frame.contentDocument.querySelector('#player > div');"
                    " p.seek(p.track.end * part); }",
                    part,
                )
                page.wait_for_function(
                    "(frame) => frame.contentDocument.documentElement.scrollHeight"
                    " <= frame.clientHeight",
                    arg=frame.element_handle(),
                )
            pool = frame.content_frame.locator(".pool")
            assert pool.evaluate_all(
                "pools => pools.every(({ parentElement: e }) => e.scrollWidth <= e.clientWidth)"
            )


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("name", ["read/01_basic.html", "read/exercises/01_basic.html"])
def test_no_code_is_cut_off_and_what_scrolls_can_be_focused(opened, name, width):
    page = opened(name)
    page.set_viewport_size({"width": width, "height": 900})
    found = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((each) => {
            const { overflowX } = getComputedStyle(each);
            const wide = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1;
            return wide && overflowX !== "visible" && (overflowX !== "auto" || each.tabIndex < 0);
        }).map((each) => each.outerHTML.slice(0, 200))"""
    )
    assert found == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def anchors(page):
    return set(map(html.unescape, re.findall(r'\bid="([^"]*)"', page)))


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_within_the_site_leads_somewhere(address, name):
    page = SITE.joinpath(name)
    text = page.read_text(encoding="utf-8")
    links = map(html.unescape, re.findall(r'<a\b[^>]*? href="([^"]*)"', text))
    assert [link for link in links if not leads_somewhere(link, page)] == []


def leads_somewhere(link, page):
    """Whether what a link of a page leads to is there; of links to elsewhere that is believed."""
    parts = urlsplit(link)
    if parts.scheme:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if parts.query:  # a notebook that runs
        notebook = SITE / "lite" / "files" / unquote(parts.query.removeprefix("path="))
        return not SITE.joinpath("lite").exists() or (target.exists() and notebook.exists())
    if not target.exists():
        return False
    return not parts.fragment or unquote(parts.fragment) in anchors(target.read_text("utf-8"))


def test_a_heading_is_found_by_its_words_and_the_link_leads_to_it(opened):
    page = opened("index.html")
    page.get_by_label("Find in the headings").fill("closes reusable")
    hit = page.locator("#found a").filter(has_text="Who closes?")
    assert re.fullmatch(r"\d+ headings?", page.locator("#count").inner_text())
    hit.click()
    page.wait_for_url("**/read/02_reusable.html#Who-closes*")
    assert page.evaluate(
        "() => document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null"
    )


# What runs


class Lab:
    """A notebook, open in the lab in the browser."""

    def __init__(self, reader, address, path):
        if not SITE.joinpath("lite").exists():
            pytest.skip("the site is built without its lab: make site builds both")
        self.reader = reader
        self.opened_at = time.perf_counter()
        self.page = reader.new_page()
        self.page.goto(f"{address}/lite/lab/index.html?path={path}")
        self.page.wait_for_function(
            """(path) => {
                const { content, context } = window.jupyterapp?.shell.currentWidget ?? {};
                return context?.path === path && context.isReady && content.widgets.length > 1;
            }""",
            arg=path,
        )
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.context.sessionContext.ready"
        )

    def run(self, *places):
        """Run the cells at these places, or all, as far as they go."""
        for place in places or [None]:
            self.page.evaluate(
                """async (place) => {
                    const { commands, shell } = window.jupyterapp;
                    if (place !== null) shell.currentWidget.content.activeCellIndex = place;
                    await commands.execute(`notebook:run-${place === null ? "all-cells" : "cell"}`);
                }""",
                place,
            )

    def write(self, place, source):
        """Replace what is in the cell at this place."""
        self.page.evaluate(
            """([place, source]) => window.jupyterapp.shell.currentWidget.content
                .widgets[place].model.sharedModel.setSource(source)""",
            [place, source],
        )

    def until_answered(self, place):
        """Wait until the cell at this place has been run."""
        self.page.wait_for_function(
            "(n) => window.jupyterapp.shell.currentWidget.content.widgets[n].model.executionCount",
            arg=place,
            polling=100,
        )

    def cells(self):
        """Return the notebook's code cells, by place."""
        told = self.page.evaluate(
            """() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
                .map((cell) => cell.model.toJSON()))"""
        )
        return {n: c for n, c in enumerate(json.loads(told)) if c["cell_type"] == "code"}

    def show(self, place):
        """Scroll to the cell at this place."""
        self.page.evaluate(
            """async (place) => {
                const { content } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = place;
                await content.scrollToItem(place, "center");
            }""",
            place,
        )

    def place_of(self, start):
        """Return the place of the code cell that begins so."""
        return next(n for n, c in self.cells().items() if "".join(c["source"]).startswith(start))


def texts(cell):
    """Return what a cell shows, as text."""
    shown = []
    for output in cell["outputs"]:
        shown.append("".join(output.get("text", "")))
        shown.append("".join(output.get("data", {}).get("text/plain", "")))
    return "\n".join(filter(None, shown))


def errors(cells):
    return [
        (n, output["ename"], output["evalue"])
        for n, cell in cells.items()
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]


@pytest.fixture(scope="module")
def basic(new_reader, address, record_testsuite_property):
    """The basic lesson, run to its end; how long it took is printed and recorded."""
    lab = Lab(new_reader(), address, "01_basic.ipynb")
    first = min(lab.cells())
    lab.run(first)
    lab.until_answered(first)
    answered = time.perf_counter() - lab.opened_at
    lab.run()
    ended = time.perf_counter() - lab.opened_at
    megabytes = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) / 1e6
    told = f"{answered:.0f} s to the first answer, {ended:.0f} s to the end; {megabytes:.0f} MB"
    record_testsuite_property("site", told)
    print(f"\nThe basic lesson in the browser: {told}")
    yield lab
    lab.page.close()


def test_the_basic_lesson_runs_to_its_end(basic):
    cells = basic.cells()
    assert errors(cells) == []
    assert all(cell["execution_count"] for cell in cells.values() if "".join(cell["source"]))


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.split("-")[0])
def test_a_browser_need_not_compile(archive):
    with zipfile.ZipFile(archive) as held:
        names = set(held.namelist())
    modules = {name for name in names if name.endswith((".py", ".pyc"))}
    assert modules
    for name in modules:
        folder, slash, file = name.rpartition("/")
        bytecode = f"{folder}{slash}__pycache__/{file}c".replace(".pyc", ".cpython-314.pyc")
        assert name.endswith(".pyc") or bytecode in names, name


def test_the_code_that_lessons_show_is_there_as_it_is_written(basic):
    shown = texts(basic.cells()[basic.place_of("show_code(basic.worker")])
    assert "def worker(queue, results, process, ledger):" in shown


def test_a_cell_on_real_threads_says_what_a_browser_does_not_have(basic):
    [real] = [c for c in basic.cells().values() if "measure(" in "".join(c["source"])]
    assert texts(real) == (
        "Skipped: measure needs threads, which a browser does not have: use simulate.\n"
    )


def test_the_lab_asks_nobody_but_where_pyodides_packages_are(basic):
    assert [url for url in basic.reader.elsewhere if not url.startswith(CDN)] == []


def test_a_run_is_played_in_the_lab(basic):
    basic.show(basic.place_of("play("))
    player = basic.page.locator(".player").first
    before = player.locator("output").inner_text()
    player.get_by_role("button", name="step forward").click()
    assert player.locator("output").inner_text() != before


def test_an_exercise_is_checked_and_solved_in_the_lab(new_reader, address):
    solutions = (ROOT / "lab" / "teaching" / "solutions" / "basic.py").read_text(encoding="utf-8")
    lab = Lab(new_reader(), address, "exercises/01_basic.ipynb")
    pool, check = lab.place_of("def my_pool("), lab.place_of("repair.check(")
    lab.run(min(lab.cells()), pool, check)
    before = texts(lab.cells()[check])
    lab.write(pool, re.search(r"^def my_pool\(.*?(?=^# %%)", solutions, re.M | re.S)[0])
    lab.run(pool, check)
    after = texts(lab.cells()[check])
    lab.page.close()
    assert [told.partition(":")[0] for told in (before, after)] == ["Not yet", "Right"]


def test_a_level_of_the_game_is_broken_in_the_lab(new_reader, address):
    lab = Lab(new_reader(), address, "10_all_schedules.ipynb")
    places = list(lab.cells())[:2]
    game = lab.place_of("play_levels()")
    lab.run(*places, game)
    lab.show(game)
    board = lab.page.locator(
        ".jp-OutputArea-output", has=lab.page.get_by_role("button", name="undo")
    )
    for task in ("caller-1", "caller-2"):
        board.get_by_role("button", name=re.compile(task)).click()
        lab.page.wait_for_timeout(300)
    board.get_by_role("button", name="run on").click()
    board.get_by_text("broken", exact=False).first.wait_for()
    lab.page.close()
