"""Build the site, `_site/`: the lessons to read, players that play, and the lab in the browser.

The lessons become pages by nbconvert: it is here with JupyterLab, takes notebooks as they are
stored, and needs no configuration; a documentation generator would bring a theme and an idea of how
notebooks are built. Each `play(...)` of a lesson becomes a page of its own, shown inside
the lesson: it plays without a kernel. The lab is JupyterLite with Pyodide copied into the site, so
that nothing is loaded from elsewhere but what is compiled for Pyodide and not on PyPI.

`make site` runs it; addresses are in `site/config.toml`.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import html
import io
import json
import linecache
import posixpath
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import nbformat

from lab.plots.player import Player, inside_script
from tools.execute_notebooks import find_notebooks

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "site"
SITE: Final = ROOT / "_site"
PYODIDE: Final = BUILD / "node_modules" / "pyodide"
LITE: Final = SITE / "lite"

# What a kernel needs besides the standard library, and what shows widgets and players.
KERNEL: Final = ("ipython", "jedi", "micropip", "anyio", "tqdm")
WIDGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "comm": ("traitlets",),
    "jupyterlab-widgets": (),
    "psygnal": (),
    "ipywidgets": ("comm", "ipython", "jupyterlab-widgets", "traitlets"),
    "anywidget": ("ipywidgets", "psygnal", "typing-extensions"),
}
PICTURES: Final = ("matplotlib", "numpy", "pillow")
PROJECT: Final = "worker-pool-workbook"
PARTS: Final = {
    ".": "The lessons",
    "exercises": "Exercises",
    "further": "Further lessons",
}

_STYLE: Final = """
:root { color-scheme: light dark; background: #fff; color: #1f2328; }
@media (prefers-color-scheme: dark) { :root { background: #111; color: #e6edf3; } }
body { font: 1.05rem/1.5 sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 12px; }
nav a { margin-right: 1.5em; }
li { margin: .3em 0; }
label, input { font: inherit; }
input { width: 20rem; max-width: 100%; padding: .3rem; }
#find, #count { margin-left: .4em; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
"""
_SCROLLS: Final = '<div style="overflow-x:auto"'  # as a picture has it


def lessons() -> list[Path]:
    """Return the notebooks, in reading order, relative to their folder."""
    folder = ROOT / "notebooks"
    return sorted(
        (path.relative_to(folder) for path in find_notebooks(folder)),
        key=lambda path: (list(PARTS).index(path.parent.as_posix()), str(path)),
    )


@dataclass(frozen=True, slots=True)
class Read:
    """A lesson as a page: its place, its title, and its headings as (anchor, text)."""

    path: Path
    title: str
    headings: tuple[tuple[str, str], ...] = ()


def title_of(notebook: Any) -> str:
    """Return the first heading of a notebook."""
    for cell in notebook.cells:
        found = re.search(r"^# (.+)$", cell.source, re.M)
        if cell.cell_type == "markdown" and found:
            return found[1]
    return "Notebook"


def players(notebook: Any) -> Iterator[tuple[int, Player]]:
    """Run a notebook's code up to its last player; yield each player and its cell's place."""
    playing = [
        place
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and re.search(r"^play\(", cell.source, re.M)
    ]
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown: None}
    for place, cell in enumerate(notebook.cells[: max(playing, default=-1) + 1]):
        if cell.cell_type == "code":
            with redirect_stdout(io.StringIO()):
                result = _run_cell(cell.source, names, f"<cell {place}>")
            if place in playing and isinstance(result, Player):
                yield place, result
            elif place in playing:
                print(f"cell {place} of {title_of(notebook)} shows no player", file=sys.stderr)


def _run_cell(source: str, names: dict[str, Any], file: str) -> Any:
    """Run a cell; return the value of its last expression."""
    # So that `show_code`, and exploring statement by statement, can read it again.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    lines = ast.parse(source)
    last = lines.body[-1] if lines.body else None
    if isinstance(last, ast.Expr):
        lines.body.pop()
    exec(compile(lines, file, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), file, "eval"), names)


def write_pages(repository: str) -> list[Read]:
    """Write a page for each lesson, and one for each player in it."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="pages", extra_template_basedirs=[str(ROOT / "site")], language_code="en"
    )
    pages = []
    for path in lessons():
        notebook = nbformat.read(ROOT / "notebooks" / path, as_version=4)
        page = SITE / "read" / path.with_suffix(".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * (len(path.parts))
        for number, (place, player) in enumerate(players(notebook), start=1):
            name = f"{path.stem}-player-{number}.html"
            player.save(page.with_name(name))
            frame = (
                f'<iframe src="{name}" title="{html.escape(player.data["title"], quote=True)}" '
                'loading="lazy" style="width:100%;height:48rem;border:0"></iframe>'
            )
            shown = {"text/html": frame, "text/plain": player.data["text"]}
            notebook.cells[place].outputs = [nbformat.v4.new_output("display_data", shown)]
        nav = (
            f"[All lessons]({up}index.html) · [Run this here]({lab(path, up)}) · "
            f"[Open in Binder]({binder(repository, path)})"
        )
        title = title_of(notebook)
        notebook.metadata["title"] = title
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(nav))
        body, _ = exporter.from_notebook_node(notebook)
        page.write_text(reachable(read_links(body, path, repository)), encoding="utf-8")
        pages.append(Read(path, title, tuple(headings_of(body))))
    return pages


def headings_of(body: str) -> Iterator[tuple[str, str]]:
    """Give the headings of a page, as (anchor, text)."""
    for anchor, text in re.findall(r'<h[1-3] id="([^"]+)">(.*?)<a class="anchor-link"', body, re.S):
        yield html.unescape(anchor), html.unescape(re.sub(r"<[^>]+>", "", text))


def reachable(body: str) -> str:
    """Let pictures that are wider than the page be scrolled by keys, which JupyterLab cuts out."""
    return body.replace(_SCROLLS, f'{_SCROLLS} tabindex="0" role="group" aria-label="picture"')


def read_links(body: str, path: Path, repository: str) -> str:
    """Let the links of a lesson lead to pages: to other lessons, or to files on GitHub.

    Those to where a lesson runs stay.
    """

    def mended(found: re.Match[str]) -> str:
        href = html.unescape(found[2])
        if not re.match(r"[a-z]+:|#", href) and "?" not in href:
            file, hash_sign, anchor = href.partition("#")
            if file.endswith(".ipynb"):
                href = f"{file.removesuffix('.ipynb')}.html{hash_sign}{anchor}"
            else:
                href = _part(file, path) or on_github(href, path, repository)
        return f"{found[1]}{html.escape(href, quote=True)}{found[3]}"

    return re.sub(r'(<a\b[^>]*? href=")([^"]*)(")', mended, body)


def _part(href: str, path: Path) -> str | None:
    """Return where the first page lists a folder of lessons, for a link to that folder."""
    folder = posixpath.normpath(posixpath.join(path.parent.as_posix(), href))
    return f"{'../' * len(path.parts)}index.html#{_id(folder)}" if folder in PARTS else None


def _id(part: str) -> str:
    return "lessons" if part == "." else posixpath.basename(part)


def on_github(href: str, path: Path, repository: str) -> str:
    """Return the address of a file that is no lesson; `href` itself if there is no such file."""
    file, hash_sign, anchor = href.partition("#")
    place = posixpath.normpath(posixpath.join("notebooks", path.parent.as_posix(), file))
    if place.startswith("..") or not (ROOT / place).exists():
        return href
    kind = "tree" if (ROOT / place).is_dir() else "blob"
    return f"https://github.com/{repository}/{kind}/HEAD/{place}{hash_sign}{anchor}"


def lab(path: Path, up: str = "") -> str:
    """Return the address at which a lesson runs in the browser."""
    return f"{up}lite/lab/index.html?path={path.as_posix()}"


def binder(repository: str, path: Path) -> str:
    """Return the address at which a lesson runs on Binder."""
    return (
        f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/notebooks/{path.as_posix()}"
    )


def write_index(pages: Iterable[Read], repository: str) -> None:
    """Write the first page: what this is, in one screen, a search, and the lessons."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    title, what = re.findall(r"^# (.+)\n\n((?:.+\n)+)", readme)[0]
    picture = re.findall(r"!\[(.+?)\]\(images/hero\.svg\)", readme)[0]
    shutil.copytree(ROOT / "images", SITE / "images", dirs_exist_ok=True)
    first = Path("00_start_here.ipynb")
    pages = list(pages)
    lists = []
    for part, heading in PARTS.items():
        items = "".join(
            f'<li><a href="{read(page.path)}">{html.escape(page.title)}</a> '
            f'(<a href="{lab(page.path)}" aria-label="run {html.escape(page.title, quote=True)}">'
            "run</a>)</li>"
            for page in pages
            if page.path.parent.as_posix() == part
        )
        lists.append(f'<h2 id="{_id(part)}">{heading}</h2><ul>{items}</ul>')
    places = [
        [f"{read(page.path)}#{quote(anchor)}", text, page.title]
        for page in pages
        for anchor, text in page.headings
    ]
    search = (ROOT / "site" / "search.js").read_text(encoding="utf-8")
    (SITE / "index.html").write_text(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>{_STYLE}</style></head><body><main>
<h1>{html.escape(title)}</h1><p>{html.escape(what)}</p>
<nav><a href="{read(first)}">Read from the start</a>
<a href="{lab(first)}">Run this here</a>
<a href="{binder(repository, first)}">Open in Binder</a></nav>
<p><img src="images/hero.svg" alt="{html.escape(picture, quote=True)}"></p>
<p>“Run this here” computes in your browser, with nothing to install: Chrome or Edge 137, Firefox
153, or newer. A cell that needs real threads or processes says so there, and is skipped; it runs on
Binder, or on a computer of your own.</p>
<p><label>Find in the headings: <input type="search" id="find" autocomplete="off"></label>
<span id="count" role="status"></span></p><ul id="found"></ul>
{"".join(lists)}
</main>
<script type="application/json" id="places">{inside_script(json.dumps(places))}</script>
<script type="module">{search}</script>
</body></html>
""",
        encoding="utf-8",
    )


def read(path: Path) -> str:
    """Return the address at which a lesson is read."""
    return f"read/{path.with_suffix('.html').as_posix()}"


def lite_links(source: str, path: Path, repository: str) -> str:
    """Let the links of a lesson that runs in the browser lead on: only notebooks are there."""
    up = "../" * (len(path.parts) - 1)

    def mended(found: re.Match[str]) -> str:
        href = found[1]
        if href.startswith(f"../{up}images/"):
            return f"]({up}{href.removeprefix(f'../{up}')})"
        return f"]({on_github(href, path, repository)})"

    return re.sub(r"\]\(((?:\.\./)+(?!\S*\.ipynb)[^)\s]+)\)", mended, source)


def write_lite(tool: Path, cdn: str, repository: str) -> None:
    """Build JupyterLite with the lessons, Pyodide, the project and what it needs."""
    contents = BUILD / "contents"
    shutil.rmtree(contents, ignore_errors=True)
    shutil.copytree(ROOT / "images", contents / "images")
    for path in lessons():
        notebook = nbformat.read(ROOT / "notebooks" / path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = lite_links(cell.source, path, repository)
        notebook.metadata["kernelspec"] = {
            "name": "python",
            "display_name": "Python (Pyodide)",
            "language": "python",
        }
        (contents / path).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, contents / path)
    empty = BUILD / "lite"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir(parents=True)
    settings = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Worker Pool Workbook",
            "exposeAppInBrowser": True,  # for those who want to drive it, such as its tests
            "litePluginSettings": {
                "@jupyterlite/pyodide-kernel-extension:kernel": {
                    "pyodideUrl": "./static/pyodide/pyodide.mjs",
                    "disablePyPIFallback": True,
                }
            },
        },
    }
    (empty / "jupyter-lite.json").write_text(json.dumps(settings), encoding="utf-8")
    build = [str(tool / "jupyter"), "lite", "build", "--lite-dir", str(empty)]
    build += ["--contents", str(contents), "--output-dir", str(LITE), "--no-sourcemaps"]
    subprocess.run(build, check=True, cwd=empty)
    _add_pyodide(LITE / "static" / "pyodide", tool, cdn)


def _add_pyodide(folder: Path, tool: Path, cdn: str) -> None:
    """Copy Pyodide, and the wheels that it is to find there, named in its lock file."""
    shutil.copytree(PYODIDE, folder, ignore=shutil.ignore_patterns("*.map", "*.d.ts", "console*"))
    lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
    packages: dict[str, Any] = lock["packages"]
    needed = _needed((*KERNEL, *(each for needs in WIDGETS.values() for each in needs)), packages)
    pure = [
        name for name in sorted(needed) if packages[name]["file_name"].endswith("-none-any.whl")
    ]
    pip = [str(tool / "pip"), "--disable-pip-version-check", "--quiet"]
    only = ["--no-deps", "--only-binary=:all:", "--platform", "any", "--python-version", "3.14"]
    only += ["--implementation", "py", "--abi", "none", "--dest", str(folder)]
    wanted = [f"{name}=={packages[name]['version']}" for name in pure]
    subprocess.run([*pip, "download", *only, *wanted, *WIDGETS], check=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True)
    node = ["node", str(ROOT / "site" / "compile.mjs"), str(PYODIDE), str(folder)]
    subprocess.run(node, check=True)
    for package in packages.values():
        package["file_name"] = cdn + package["file_name"]
    depends = {
        **{name: tuple(map(_normal, packages[name]["depends"])) for name in pure},
        **WIDGETS,
        PROJECT: ("anyio", "anywidget", "ipywidgets", "tqdm", *PICTURES),
    }
    wheels = {_normal(path.name.split("-")[0]): path for path in folder.glob("*.whl")}
    for name, needs in depends.items():
        packages[name] = _entry(name, wheels[name], needs)
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")


def _needed(names: Iterable[str], packages: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    left = [name for name in names if name in packages]
    while left:
        name = left.pop()
        if name in packages and name not in found:
            found.add(name)
            left += map(_normal, packages[name]["depends"])
    return found & set(packages)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _entry(name: str, wheel: Path, depends: Iterable[str]) -> dict[str, Any]:
    """Return what Pyodide's lock file says of a wheel beside it."""
    with zipfile.ZipFile(wheel) as held:
        modules = [name for name in held.namelist() if name.endswith((".py", ".pyc"))]
    tops = {re.sub(r"\.pyc$", ".py", name.partition("/")[0]) for name in modules}
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top.removesuffix(".py") for top in tops if "." not in top[:-3]),
        "depends": sorted(depends),
        "unvendored_tests": False,
    }


def main() -> None:
    """Build all of it, or with --no-lab only what is to be read."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--no-lab", action="store_true", help="only the pages to read")
    parser.add_argument("--tool", type=Path, default=BUILD / "venv" / "bin")
    options = parser.parse_args()
    config = tomllib.loads((ROOT / "site" / "config.toml").read_text(encoding="utf-8"))
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir()
    repository = config["repository"]
    write_index(write_pages(repository), repository)
    if not options.no_lab:
        if not PYODIDE.exists():
            sys.exit("pyodide is missing: make site gets it with npm")
        write_lite(options.tool.absolute(), config["pyodide_cdn"], repository)


if __name__ == "__main__":
    main()
