"""The simulation in a browser: the same runs as anywhere, and graders that always answer.

The tests are skipped, and say why, where Pyodide is missing: `make test-site` gets it.
"""

import functools
import hashlib
import http.server
import importlib.util
import inspect
import json
import textwrap
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import ROOT

from lab import Deadlock, explore, simulate
from lab.tracing import to_json
from patterns import (
    basic,
    dynamic,
    error_handling,
    generic,
    heartbeat,
    pitfalls,
    rate_limited,
    reusable,
)

PYODIDE = ROOT / "build" / "site" / "node_modules" / "pyodide"
PATTERNS = (basic, dynamic, error_handling, generic, heartbeat, rate_limited, reusable)
PURE = (
    "anyio",
    "idna",
    "tqdm",
    "typing_extensions",
)  # packages that the lessons need, written in nothing but Python
PAGE = """<!doctype html><link rel="icon" href="data:,"><script type="module">
import {loadPyodide} from "./pyodide/pyodide.mjs";
window.ready = (async () => {
  window.python = await loadPyodide({indexURL: "./pyodide/"});
  const project = await (await fetch("./project.zip")).arrayBuffer();
  python.unpackArchive(project, "zip", {extractDir: "/home/pyodide"});
})();
</script>"""


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and pyodide from its own, without a word."""

    def translate_path(self, path):
        if path.startswith("/pyodide/"):
            return str(PYODIDE / path.removeprefix("/pyodide/"))
        return super().translate_path(path)

    def log_message(self, *args):
        pass


def _add(project, folder, root):
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            project.write(path, path.relative_to(root))


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Serve a page that loads Pyodide, and the project into it."""
    if not PYODIDE.exists():
        pytest.skip("pyodide is missing: make test-site gets it, where there is npm")
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    with zipfile.ZipFile(folder / "project.zip", "w") as project:
        for package in ("patterns", "lab", "tests/teaching/answers"):
            _add(project, ROOT / package, ROOT)
        for name in PURE:
            found = Path(importlib.util.find_spec(name).origin)
            if found.name == "__init__.py":
                _add(project, found.parent, found.parents[1])
            else:
                project.write(found, found.name)
    handler = functools.partial(Server, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@contextmanager
def running(browser, address, before=""):
    """Give `run(code)`: what `code` has put into `told`, in a page where `before` was run."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(before)
    page.goto(address)
    page.evaluate("() => window.ready")

    def run(code):
        told = page.evaluate(
            "(code) => window.python.runPythonAsync(code)",
            f"import json\n{textwrap.dedent(code)}\njson.dumps(told)",
        )
        return json.loads(told)

    yield run
    page.close()


@pytest.fixture(scope="session")
def python(browser, address):
    """Return `python(code)`: what `code` has put into `told`, run in a browser."""
    with running(browser, address) as run:
        yield run


def digests(patterns, simulate, to_json):
    """Return what tells each pattern's runs of several orders from any other."""
    return {
        f"{pattern.__name__}, seed {seed}": hashlib.sha256(
            to_json(simulate(pattern.demo, seed=seed).trace).encode()
        ).hexdigest()
        for pattern in patterns
        for seed in (None, 1, 2)
    }


# The same everywhere


def test_all_runs_are_the_same_to_the_last_event(python):
    names = [pattern.__name__ for pattern in PATTERNS]
    told = python(f"""
import hashlib, importlib
from lab import simulate
from lab.tracing import to_json
{inspect.getsource(digests)}
told = digests([importlib.import_module(name) for name in {names}], simulate, to_json)
""")
    assert told == digests(PATTERNS, simulate, to_json)


def test_exploring_finds_the_same_failure_and_shrinks_it_to_the_same_schedule(python):
    found = explore(
        pitfalls.check_then_act, callers=3, check=lambda run: run.value <= 2, schedules=50
    )
    told = python("""
        from lab import explore
        from patterns import pitfalls
        found = explore(
            pitfalls.check_then_act, callers=3, check=lambda run: run.value <= 2, schedules=50
        )
        failure = found.failure
        told = [repr(found), str(failure.schedule), [str(turn) for turn in failure.turns]]
    """)
    assert told == [
        repr(found),
        str(found.failure.schedule),
        [str(turn) for turn in found.failure.turns],
    ]


def test_a_deadlock_says_in_which_function_and_line_each_task_stands(python):
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    told = python("""
        from lab import Deadlock, simulate
        from patterns import pitfalls
        try:
            simulate(pitfalls.two_small_buffers)
        except Deadlock as deadlock:
            told = str(deadlock)
    """)
    assert told == str(caught.value)
    assert ", line " in told


def test_a_switch_takes_no_turn_of_the_event_loop(python):
    switches, turns = python("""
        import asyncio
        from lab.simulation.switching import getcurrent, greenlet

        class Other(greenlet):
            def run(self):
                while True:
                    self.parent.switch()

        turns, going_on = [], [True]
        def turn():
            turns.append(None)
            if going_on:
                asyncio.get_running_loop().call_soon(turn)

        other = Other(parent=getcurrent())
        other.switch()  # a stack is new only once
        turn()
        for number in range(10_000):
            other.switch()
        told = [2 * number + 2, len(turns)]
        going_on.clear()
        other.throw()
    """)
    assert switches == 20_000
    assert turns <= switches / 100


# Graders


def test_answers_that_never_end_are_told_so_and_others_are_graded_as_before(python):
    told = python("""
        import sys
        sys.path.insert(0, "/home/pyodide/tests")
        from lab.teaching import grading
        from lab.teaching.exercises import basic
        from patterns.concurrency import sleep
        from teaching.answers import basic as answers
        grading.PATIENCE = 0.5

        def loops(jobs, workers, buffer):
            while True:
                pass

        def sleeps(jobs, workers, buffer):
            while True:
                sleep(1)

        def swallows(jobs, workers, buffer):
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass

        right = answers.RIGHT[basic.repair][0]
        pools = (loops, sleeps, swallows, right, loops, right)
        told = [str(basic.repair.check(pool)) for pool in pools]
    """)
    assert [sentence.partition(":")[0] for sentence in told] == [
        *["Not yet"] * 3,
        "Right",
        "Not yet",
        "Right",
    ]
    assert all("it does not end" in sentence for sentence in [*told[:3], told[4]])


# What is not there


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("basic.demo()", "a browser has no threads: run the pool with lab.simulate instead"),
        (
            "measure(basic.demo)",
            "measure needs threads, which a browser does not have: use simulate",
        ),
        (
            "observe(lambda jobs, process: None, [1], print)",
            "observe needs threads for this pool, which a browser does not have: use simulate with "
            "a pool made of patterns.concurrency, or observe with an async pool in virtual time",
        ),
    ],
)
def test_what_needs_threads_says_what_to_use_instead(python, call, sentence):
    told = python(f"""
        from lab import measure, observe
        from patterns import basic
        try:
            {call}
        except RuntimeError as error:
            told = str(error)
    """)
    assert told == sentence


def test_an_older_browser_is_told_which_ones_can_simulate(browser, address):
    older = "delete WebAssembly.Suspending; delete WebAssembly.promising"
    code = """
        from lab import simulate
        from lab.observing.in_browser import Skipping
        from patterns import basic
        try:
            simulate(basic.demo)
        except RuntimeError as error:
            told = Skipping().sentence(error)
    """
    with running(browser, address, older) as run:
        assert run(code) == (
            "Skipped: a simulation needs a browser that can suspend WebAssembly: "
            "Chrome or Edge 137, Firefox 153, or newer."
        )


def test_an_async_pool_is_observed_in_virtual_time_as_anywhere(python):
    code = """
        import asyncio
        from lab import observe
        from lab.tracing import to_json
        from patterns.plain import basic

        async def page(job):
            await asyncio.sleep(0.5)
            if job == 4:
                raise ValueError("page 4 is missing")
            await asyncio.sleep(0.5)

        run = observe(basic.tasks, range(9), page, buffer=2, timeout=2.5)
    """
    names = {}
    exec(textwrap.dedent(code), names)
    told = python(f"{textwrap.dedent(code)}\ntold = to_json(run.trace)")
    assert told == names["to_json"](names["run"].trace)


LESSONS = sorted(
    path.relative_to(ROOT / "notebooks").as_posix()
    for folder in ("notebooks", "notebooks/further")
    for path in (ROOT / folder).glob("*.ipynb")
)
RUN_CELLS = """
import ast, inspect, linecache, traceback
from lab.observing.in_browser import Skipping

skipping, told = Skipping(), []
names = {"__name__": "__main__", "display": lambda *shown: None}
for number, source in cells:
    file = f"<cell {number} of {lesson}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    lines = ast.parse(source)
    last = lines.body.pop() if lines.body and isinstance(lines.body[-1], ast.Expr) else None
    if last:
        shown = ast.Assign([ast.Name("__shown", ast.Store())], last.value)
        lines.body.append(ast.fix_missing_locations(ast.copy_location(shown, last)))
    try:
        code = compile(lines, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        value = eval(code, names)
        if inspect.iscoroutine(value):
            await value
        shown = names.pop("__shown", None)
        if hasattr(shown, "_repr_mimebundle_"):
            shown._repr_mimebundle_()
    except Exception as error:
        sentence = skipping.sentence(error)
        told.append([number, sentence or traceback.format_exc()])
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_cell_of_a_lesson_runs_or_says_what_a_browser_does_not_have(python, lesson):
    notebook = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))
    cells = [
        [number, "".join(cell["source"])]
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and "widget" not in cell["metadata"].get("tags", ())
    ]
    told = python(f"cells, lesson = {cells!r}, {lesson!r}\n{RUN_CELLS}")
    assert [said for said in told if not said[1].startswith("Skipped: ")] == []
    assert len(told) < len(cells) / 2


def test_an_endless_pool_is_stopped_after_fewer_turns_than_elsewhere(python):
    told = python("""
        from lab import simulate
        from patterns.concurrency import sleep

        def endless():
            while True:
                sleep(1)

        try:
            simulate(endless)
        except Exception as error:
            told = str(error)
    """)
    assert told.startswith("the simulation was stopped after 150000 steps")


def test_without_matplotlib_a_run_is_shown_in_the_player(python):
    kind, said = python("""
        from lab import draw, simulate
        from patterns import basic
        shown = draw(simulate(basic.demo))
        told = [type(shown).__name__, repr(shown)]
    """)
    assert kind == "Player"
    assert said.startswith("Pictures need matplotlib, which could not be had here. 3 workers")
