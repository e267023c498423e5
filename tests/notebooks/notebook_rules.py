"""What every notebook here keeps to, as functions that say what breaks it.

Each rule takes a `Notebook` and yields one sentence for each thing that is wrong.

The tags a code cell may carry, and what each asks of it:

- `nbval-ignore-output`: what the cell shows is not compared. Only together with one of these two:
- `real-clock`: the cell measures time or memory, or shows what such a cell measured; what must hold
  for every measurement is asserted in it.
- `widget`: the cell shows ipywidgets; its output is not stored.
- `stderr`: the cell is there to show what goes to standard error.

A lesson, whose name begins with its number, keeps a second set of rules as well: its first cell
says what it is for, questions come before answers, and it has a card, a quiz, links to exercises.
"""

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import mistune
import nbformat
from nbformat import NotebookNode

from tools.execute_notebooks import normalised

LESSON = re.compile(r"\d\d_")  # what its name begins with

LONGEST_CELL = 15
LONGEST_START = 20  # of what a reader begins an exercise with
LONGEST_MEDIAN = 6

# Of a lesson:
MOST_CELLS = 27
LONGEST_LESSON_MEDIAN = 2
FEWEST_PREDICTIONS = 2
CARD_LINES = range(3, 6)
CARD = re.compile(r"^## Take away\n+((?:>.*(?:\n|\Z))+)", re.MULTILINE)

COMPARED_NOT = {"nbval-ignore-output", "pytest-validate-ignore-output"}
NEVER = {"nbval-skip", "nbval-raises-exception", "raises-exception"}
COMMENT_MARKER = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_\w+)", re.MULTILINE)
CLOCKS = {"measure", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "Thread"}
CLOCKS |= {"ThreadPoolExecutor", "observe", "tracemalloc", "real=True"}
WIDGETS = {"interact", "interactive", "interactive_output", "interact_manual", "ipywidgets"}
WIDGETS |= {"board", "play_levels"}  # of a Game

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
    """The headings, links, images and column names of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.links: list[str] = []
        self.images: list[dict[str, str]] = []
        self.columns: list[str] = []
        self._in_column = False

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
        elif tag == "th":
            self.columns.append("")
            self._in_column = True

    def handle_data(self, data: str) -> None:
        if self._in_column:
            self.columns[-1] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._in_column = self._in_column and tag != "th"


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
    if "" in notebook.page.columns:
        yield "a table has a column without a name, which a screen reader cannot tell"


def only_imports(cell: NotebookNode) -> bool:
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in parsed(cell).body)


def short(notebook: Notebook) -> Iterator[str]:
    lengths = [len(cell.source.strip().split("\n")) for cell in notebook.code]
    for cell, length in zip(notebook.code, lengths, strict=True):
        begins = any(tag.startswith("exercise-") for tag in tags(cell))
        longest = LONGEST_START if begins else LONGEST_CELL
        if length > longest and not only_imports(cell):
            yield f"{name(cell)} has {length} lines, more than {longest}"
    if lengths and statistics.median(lengths) > LONGEST_MEDIAN:
        yield f"half the code cells have more than {LONGEST_MEDIAN} lines"


def pictures_in_words(notebook: Notebook) -> Iterator[str]:
    for where, output in notebook.outputs():
        data = output.get("data", {})
        for kind in sorted(k for k in data if k.startswith("image/")):
            yield f"{where} shows {kind}, which has no alternative text: text/html does"
        page = data.get("text/html", "")
        if "data:image/" not in page:
            continue
        words = data.get("text/plain", "").strip()
        if not words or words.startswith("<"):
            yield f"{where} shows a picture and does not say in text/plain what is in it"
        for image in Page.of_html(page).images:
            if not image.get("alt", "").strip():
                yield f"{where} shows a picture without an alternative text"
            if not image.get("src", "").startswith("data:image/png;base64,"):
                yield f"{where} shows a picture that is no PNG, the one kind that nbval compares"


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


def calls(cell: NotebookNode, function: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(parsed(cell))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
    ]


def announced(lesson: Notebook) -> Iterator[str]:
    """The first cell says what for, how long, and what one needs."""
    first = lesson.node.cells[0].source
    if "After this you can" not in first:
        yield 'the first cell does not name the goals: "After this you can"'
    if not re.search(r"\b\d+ minutes\b", first):
        yield 'the first cell does not say how long it takes: "40 minutes"'
    if "You need" not in first:
        yield 'the first cell does not say what one has to know: "You need"'


def small(lesson: Notebook) -> Iterator[str]:
    if len(lesson.code) > MOST_CELLS:
        yield f"there are {len(lesson.code)} code cells, more than {MOST_CELLS}"
    lengths = [len(c.source.strip().split("\n")) for c in lesson.code if not sets_up(c)]
    if lengths and statistics.median(lengths) > LONGEST_LESSON_MEDIAN:
        yield f"half the code cells have more than {LONGEST_LESSON_MEDIAN} lines"


def sets_up(cell: NotebookNode) -> bool:
    """Tell whether the cell only imports."""
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in parsed(cell).body)


def predicted(lesson: Notebook) -> Iterator[str]:
    cells = [cell for cell in lesson.code if calls(cell, "predict")]
    if len(cells) < FEWEST_PREDICTIONS:
        yield f"there are {len(cells)} cells with predict, fewer than {FEWEST_PREDICTIONS}"
    for cell in cells:
        for call in calls(cell, "predict"):
            if "guess=..." not in map(ast.unparse, call.keywords):
                yield f"{name(cell)} is not stored with guess=..., for the reader to fill in"
        last = parsed(cell).body[-1]
        if not (isinstance(last, ast.Expr) and ast.unparse(last).startswith("predict(")):
            yield f"{name(cell)} does not end with predict, so nothing is shown"


def answered_out_of_sight(lesson: Notebook) -> Iterator[str]:
    """What follows a question is folded away, or begins something new."""
    for cell, after in pairwise(lesson.node.cells):
        asks = cell.cell_type == "code" and calls(cell, "predict")
        if asks and after.cell_type == "markdown":
            source = after.source.lstrip()
            if not source.startswith(("<details>", "#")):
                yield f"{name(after)} stands open under a question: begin it with <details>"
    for cell in lesson.node.cells:
        if cell.cell_type == "markdown" and "<details>" in cell.source:
            if cell.source.count("<details>") != cell.source.count("</details>"):
                yield f"{name(cell)} opens more or fewer <details> than it closes"
            if re.search(r"</summary>(?!\n\n)|(?<!\n\n)</details>", cell.source):
                yield f"{name(cell)} needs blank lines inside <details>, for markdown to work"


def taken_away(lesson: Notebook) -> Iterator[str]:
    cards = [
        card
        for c in lesson.node.cells
        if c.cell_type == "markdown"
        for card in CARD.findall(c.source)
    ]
    if len(cards) != 1:
        yield f"there are {len(cards)} cards, '## Take away' above lines that begin with '> - '"
    for card in cards:
        lines = [line for line in card.splitlines() if line.startswith("> - ")]
        if len(lines) not in CARD_LINES:
            yield f"the card has {len(lines)} lines that begin with '> - ', not 3 to 5"


def quizzed(lesson: Notebook) -> Iterator[str]:
    wanted = f"quiz('{lesson.path.stem}')"
    if not any(wanted in map(ast.unparse, calls(cell, "quiz")) for cell in lesson.code):
        yield f"no cell says {wanted}"


def played(lesson: Notebook) -> Iterator[str]:
    if not any(calls(cell, "play") for cell in lesson.code):
        yield "no cell says play(...)"


def linked_onwards(lesson: Notebook) -> Iterator[str]:
    """A lesson leads to its exercises, and to what goes further, if there are any."""
    for folder in ("exercises", "further"):
        link = f"{folder}/{lesson.path.name}"
        if (lesson.path.parent / link).exists() and link not in lesson.page.links:
            yield f"{link} is not linked"


OF_LESSONS: tuple[Callable[[Notebook], Iterator[str]], ...] = (
    announced,
    small,
    predicted,
    answered_out_of_sight,
    taken_away,
    quizzed,
    played,
    linked_onwards,
)

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
    in_folder = notebook.path.parent == notebook.root / "notebooks"
    is_lesson = in_folder and LESSON.match(notebook.path.stem)
    rules = RULES + OF_LESSONS if is_lesson else RULES
    return [problem for rule in rules for problem in rule(notebook)]
