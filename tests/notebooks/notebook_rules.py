"""What every notebook here keeps to, as functions that say what breaks it.

Each rule takes a `Notebook` and yields one sentence for each thing that is wrong.

The tags a code cell may carry, and what each asks of it:

- `nbval-ignore-output`: what the cell shows is not compared. Only together with one of these two:
- `real-clock`: the cell measures time or memory, or shows what such a cell measured; what must hold
  for every measurement is asserted in it.
- `widget`: the cell shows ipywidgets; its output is not stored.
- `stderr`: the cell is there to show what goes to standard error.
"""

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import mistune
import nbformat
from nbformat import NotebookNode

from tools.execute_notebooks import normalised

LONGEST_CELL = 15
LONGEST_MEDIAN = 6

COMPARED_NOT = {"nbval-ignore-output", "pytest-validate-ignore-output"}
NEVER = {"nbval-skip", "nbval-raises-exception", "raises-exception"}
COMMENT_MARKER = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_\w+)", re.MULTILINE)
CLOCKS = {"measure", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "Thread"}
CLOCKS |= {"ThreadPoolExecutor", "observe", "tracemalloc", "real=True"}
WIDGETS = {"interact", "interactive", "interactive_output", "interact_manual", "ipywidgets"}
WIDGETS |= {"board"}  # of a Game

# A slash that starts a path of two parts or more: not in a URL, a closing tag, or "jobs/s".
MACHINE_PATH = re.compile(r"(?<![\w./:<-])(/[\w.+-]+){2,}|\b[A-Z]:\\\w+|file://")


@dataclass(frozen=True)
class Notebook:
    """A notebook and where it lies."""

    node: NotebookNode
    path: Path
    root: Path

    @classmethod
    def read(cls, path: Path, root: Path) -> "Notebook":
        return cls(nbformat.read(path, as_version=4), path, root)

    @cached_property
    def code(self) -> list[NotebookNode]:
        return [c for c in self.node.cells if c.cell_type == "code"]

    @cached_property
    def page(self) -> "Page":
        return Page.of("\n\n".join(c.source for c in self.node.cells if c.cell_type == "markdown"))

    def outputs(self) -> Iterator[tuple[str, NotebookNode]]:
        for cell in self.code:
            for output in cell.outputs:
                yield name(cell), output


class Page(HTMLParser):
    """The headings, links and images of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.links: list[str] = []
        self.images: list[dict[str, str]] = []

    @classmethod
    def of(cls, markdown: str) -> "Page":
        return cls.of_html(str(mistune.html(markdown)))

    @classmethod
    def of_html(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "img":
            self.images.append(given)


def name(cell: NotebookNode) -> str:
    """Return a cell's first line: what one searches for to find it."""
    return f"the cell {cell.source.strip().split(chr(10))[0]!r}"


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def parsed(cell: NotebookNode) -> ast.Module:
    """Return the cell's syntax tree, without lines that only IPython understands."""
    lines = [line for line in cell.source.split("\n") if not line.lstrip().startswith(("%", "!"))]
    tree = compile(
        "\n".join(lines), "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
    assert isinstance(tree, ast.Module)
    return tree


def names(tree: ast.AST) -> set[str]:
    """Return every name the code reads, calls or takes from a module; "real=True" is one, too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and ast.unparse(node) == "real=True":
            found.add("real=True")
    return found


def bound(tree: ast.AST) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def executed_in_order(notebook: Notebook) -> Iterator[str]:
    for expected, cell in enumerate(notebook.code, start=1):
        if cell.execution_count != expected:
            yield f"{name(cell)} has execution count {cell.execution_count}, not {expected}"


def compared(notebook: Notebook) -> Iterator[str]:
    measured: set[str] = set()
    for cell in notebook.code:
        tree = parsed(cell)
        if marker := COMMENT_MARKER.search(cell.source):
            yield f"{name(cell)} says {marker[1]} in a comment: say it in a tag"
        for tag in sorted(NEVER & tags(cell)):
            yield f"{name(cell)} is tagged {tag}: every cell runs, and none ends in an error"
        if COMPARED_NOT & tags(cell) and not {"real-clock", "widget"} & tags(cell):
            yield f"{name(cell)} is not compared, and is neither real-clock nor widget"
        if "real-clock" in tags(cell):
            if not names(tree) & (CLOCKS | measured):
                yield f"{name(cell)} is tagged real-clock and measures nothing"
            if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
                yield f"{name(cell)} is tagged real-clock and asserts nothing"
            measured |= bound(tree)
        if "widget" in tags(cell) and not names(tree) & WIDGETS:
            yield f"{name(cell)} is tagged widget and shows none"


def headed(notebook: Notebook) -> Iterator[str]:
    levels = notebook.page.levels
    if levels.count(1) != 1:
        yield f"there are {levels.count(1)} headings of level 1, not one"
    for before, after in zip([0, *levels], levels, strict=False):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def begun_with_prose(notebook: Notebook) -> Iterator[str]:
    if not notebook.node.cells or notebook.node.cells[0].cell_type != "markdown":
        yield "the first cell is not markdown"


def described(notebook: Notebook) -> Iterator[str]:
    for image in notebook.page.images:
        if not image.get("alt", "").strip():
            yield f"the image {image.get('src')} has no alternative text"


def short(notebook: Notebook) -> Iterator[str]:
    lengths = [len(cell.source.strip().split("\n")) for cell in notebook.code]
    for cell, length in zip(notebook.code, lengths, strict=True):
        if length > LONGEST_CELL:
            yield f"{name(cell)} has {length} lines, more than {LONGEST_CELL}"
    if lengths and statistics.median(lengths) > LONGEST_MEDIAN:
        yield f"half the code cells have more than {LONGEST_MEDIAN} lines"


def pictures_in_words(notebook: Notebook) -> Iterator[str]:
    for where, output in notebook.outputs():
        data = output.get("data", {})
        for kind in sorted(k for k in data if k.startswith("image/")):
            if kind != "image/png":
                yield f"{where} shows {kind}: JupyterLab and nbval both do right by image/png only"
        if "image/png" not in data:
            continue
        words = data.get("text/plain", "").strip()
        if not words or words.startswith("<"):
            yield f"{where} shows a picture and does not say in text/plain what is in it"
        images = Page.of_html(data.get("text/html", "")).images
        if not any(image.get("alt", "").strip() for image in images):
            yield f"{where} shows a picture without an alternative text in text/html"
        if not any(same_png(image.get("src", ""), data["image/png"]) for image in images):
            yield f"{where} shows another picture in text/html than in image/png"


def same_png(data_uri: str, png: str) -> bool:
    return data_uri.removeprefix("data:image/png;base64,") == png.replace("\n", "")


def linked(notebook: Notebook) -> Iterator[str]:
    targets = [*notebook.page.links, *(image.get("src", "") for image in notebook.page.images)]
    yield from dead_links(targets, notebook.path.parent, notebook.root)


def dead_links(targets: list[str], folder: Path, root: Path) -> Iterator[str]:
    """Yield what is wrong with each relative link of a page that lies in `folder`."""
    for target in targets:
        url = urlsplit(target)
        if url.scheme or url.netloc or not url.path:
            continue
        file = (folder / unquote(url.path)).resolve()
        if url.path.startswith("/") or not file.is_relative_to(root.resolve()):
            yield f"the link {target} leaves the repository"
        elif not file.exists():
            yield f"the link {target} leads nowhere"


def portable(notebook: Notebook) -> Iterator[str]:
    texts = [(f"{c.cell_type} {name(c)}", c.source) for c in notebook.node.cells]
    for where, output in notebook.outputs():
        shown = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
        texts += [(where, str(text)) for text in [output.get("text", ""), *shown.values()]]
    for where, text in texts:
        without_pictures = re.sub(r"data:image/png;base64,[\w+/=]*", "", text)
        if path := MACHINE_PATH.search(without_pictures):
            yield f"{where} names {path[0]}, a place on one machine"


def quiet(notebook: Notebook) -> Iterator[str]:
    for cell in notebook.code:
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"{name(cell)} ends in {output.ename}"
            if output.get("name") == "stderr" and "stderr" not in tags(cell):
                yield f"{name(cell)} writes to stderr and is not tagged so"


def shown_by_nbval_alike(notebook: Notebook) -> Iterator[str]:
    for cell in notebook.code:
        if cell.source.rstrip().endswith(";"):
            yield f"{name(cell)} ends in a semicolon, which hides its output here and not in nbval"


def stored_normalised(notebook: Notebook) -> Iterator[str]:
    if notebook.node != normalised(notebook.node):
        yield "metadata or widget state is stored that differs from run to run: make notebooks"


RULES: tuple[Callable[[Notebook], Iterator[str]], ...] = (
    executed_in_order,
    compared,
    headed,
    begun_with_prose,
    described,
    short,
    pictures_in_words,
    linked,
    portable,
    quiet,
    shown_by_nbval_alike,
    stored_normalised,
)


def problems(notebook: Notebook) -> list[str]:
    """Return what is wrong with a notebook, a sentence each."""
    return [problem for rule in RULES for problem in rule(notebook)]
