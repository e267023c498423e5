"""Who imports whom in `patterns/` and `lab/`: the rooms, the rules between them, and their picture.

`python -m tools.rooms > images/rooms.svg` draws the picture of ARCHITECTURE.md. What is read is the
source, so imports for the type checker, and those inside functions, count as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

__all__ = [
    "Module",
    "cycles",
    "needs",
    "picture",
    "private_reads",
    "read",
    "room",
    "rooms",
    "wrong_imports",
]

ROOT: Final = Path(__file__).resolve().parent.parent

# What each room may import, besides itself. The lab's are in order: each may import those before
# it, except that simulation and observing do not know each other.
_LAB: Final = ("model", "tracing", "simulation", "observing", "exploring", "plots", "teaching")
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "concurrency": frozenset(),
    "patterns": frozenset({"concurrency"}),
    "pitfalls": frozenset({"concurrency", "patterns"}),
    "plain": frozenset({"concurrency"}),
    **{name: frozenset({"concurrency", *_LAB[:place]}) for place, name in enumerate(_LAB)},
    "observing": frozenset({"concurrency", "model", "tracing"}),
    "teaching": frozenset({"concurrency", "patterns", "pitfalls", *_LAB[:-1]}),
    "lab": frozenset({"concurrency", "patterns", *_LAB}),
}

# Which pattern builds on which; the others know only `concurrency`.
EXTENDS: Final[Mapping[str, frozenset[str]]] = {
    "patterns.generic": frozenset({"patterns.reusable"}),
    "patterns.error_handling": frozenset({"patterns.reusable"}),
    "patterns.dynamic": frozenset({"patterns.reusable", "patterns.autoscaler"}),
    "patterns.rate_limited": frozenset({"patterns.reusable"}),
    "patterns.heartbeat": frozenset({"patterns.reusable"}),
    "patterns.pitfalls": frozenset({"patterns.error_handling"}),
}

# Looked up by name when a module is run as a program, so that a copied one works without the lab.
LOOKED_UP: Final = {
    ("patterns.concurrency.command", "lab.command"),
    ("patterns.__main__", "lab.command"),
}

# Foreign private attributes that may be read, and why.
PRIVATE: Final[Mapping[str, str]] = {
    "os._exit": "documented in spite of its name",
    "sys._getframe": "documented in spite of its name",
    "sys._is_gil_enabled": "documented in spite of its name",
    "sys._current_frames": "documented in spite of its name",
    "asyncio._enter_task": "documented in spite of its name",
    "asyncio._leave_task": "documented in spite of its name",
    "asyncio._set_running_loop": "made for whoever runs an event loop",
    "pyodide_js._module": "the only way to learn what is to be put back",
}


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project, as its source has it.

    Attributes:
        name: with dots; a package's name is its folder's.
        tree: the source, parsed.
        imports: modules of the project that it names in an import.
        others: top-level packages that it imports from elsewhere.
    """

    name: str
    tree: ast.Module
    imports: frozenset[str]
    others: frozenset[str]


def read(root: Path = ROOT) -> dict[str, Module]:
    """Read all modules of `patterns` and `lab` under `root`, by name, in order of their names."""
    sources: dict[str, Path] = {}
    for path in (*root.glob("patterns/**/*.py"), *root.glob("lab/**/*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        sources[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    modules = {}
    for name in sorted(sources):
        tree = ast.parse(sources[name].read_text(encoding="utf-8"))
        package = name if sources[name].name == "__init__.py" else name.rpartition(".")[0]
        named = set(_named(tree, package, sources))
        imports = {each for each in named if each in sources and each != name}
        others = {each.partition(".")[0] for each in named} - {"patterns", "lab"}
        modules[name] = Module(name, tree, frozenset(imports), frozenset(others))
    return modules


def _named(tree: ast.Module, package: str, known: Iterable[str]) -> Iterator[str]:
    """Yield the full name of every module that is imported, wherever in the source."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: -level + 1 or None] if level else []
                base = ".".join([*above, module] if module else above)
                for alias in names:
                    full = f"{base}.{alias.name}"
                    yield full if full in known else base
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def room(module: str) -> str | None:
    """Return the room that a module is in; None for what only starts a program."""
    match module.split("."):
        case ["patterns"] | ["patterns", "__main__"]:
            return None
        case ["patterns", "concurrency" | "pitfalls" | "plain" as name, *_]:
            return name
        case ["patterns", _]:
            return "patterns"
        case ["lab"] | ["lab", "command"]:
            return "lab"
        case ["lab", name, *_]:
            return name
    return module


def rooms(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Return for each room which others its modules import."""
    found: dict[str, set[str]] = {name: set() for name in ALLOWED}
    for module in modules.values():
        for imported in module.imports:
            here, there = room(module.name), room(imported)
            looked_up = (module.name, imported) in LOOKED_UP
            if here is not None and there is not None and here != there and not looked_up:
                found.setdefault(here, set()).add(there)
    return found


def wrong_imports(modules: Mapping[str, Module]) -> list[str]:
    """Name each import that goes against the arrows."""
    wrong = []
    for module in modules.values():
        here = room(module.name)
        for imported in sorted(module.imports):
            there = room(imported)
            if (module.name, imported) in LOOKED_UP:
                continue
            if here in ("patterns", "pitfalls") and there in ("patterns", "pitfalls"):
                fine = imported in EXTENDS.get(module.name, ())
            else:
                fine = here == there or there in ALLOWED.get(here or "", ())
            if not fine:
                wrong.append(f"{module.name} imports {imported}")
    return wrong


def cycles(modules: Mapping[str, Module]) -> list[str]:
    """Name each set of modules that cannot be read one after the other: they import each other."""
    graph = {
        name: {each for each in module.imports if (name, each) not in LOOKED_UP}
        for name, module in modules.items()
    }
    reached = {name: _reached(graph, name) for name in graph}
    found = {
        frozenset({name, *(other for other in reached[name] if name in reached[other])})
        for name in graph
        if name in reached[name]
    }
    return sorted(", ".join(sorted(each)) for each in found)


def needs(modules: Mapping[str, Module], start: str) -> set[str]:
    """Return the packages from elsewhere that a room needs: its own, and those of what it uses."""
    left = [name for name in modules if room(name) == start]
    seen = set(left)
    found: set[str] = set()
    while left:
        module = modules[left.pop()]
        found |= module.others
        for imported in module.imports - seen:
            if (module.name, imported) not in LOOKED_UP:
                seen.add(imported)
                left.append(imported)
    return found


def private_reads(modules: Mapping[str, Module]) -> list[str]:
    """Name each use of a private attribute, or import of a private name, of another module."""
    found = []
    for module in modules.values():
        own = set(_defined(module.tree))
        for node in ast.walk(module.tree):
            match node:
                case ast.Attribute(value=value, attr=name):
                    said = ast.unparse(node)
                    itself = isinstance(value, ast.Name) and value.id in ("self", "cls")
                    above = isinstance(value, ast.Call) and ast.unparse(value.func) == "super"
                    if itself or above or name in own or said in PRIVATE:
                        continue
                case ast.Call(
                    func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr"),
                    args=[value, ast.Constant(value=str(name)), *_],
                ):
                    said = f"{ast.unparse(value)}.{name}"
                    if name in own or said in PRIVATE:
                        continue
                case ast.ImportFrom(names=names, module=source, lineno=line) if (
                    source != "__future__"
                ):
                    private = [alias.name for alias in names if _is_private(alias.name)]
                    found += [f"{module.name}, line {line}: imports {name}" for name in private]
                    continue
                case _:
                    continue
            if _is_private(name):
                found.append(f"{module.name}, line {node.lineno}: {said}")
    return found


def _is_private(name: str) -> bool:
    if name in ("_replace", "_asdict", "_fields"):  # what a NamedTuple offers
        return False
    return name.startswith("_") and not name.endswith("_")  # IPython's hooks end in one


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives to what it defines: functions, attributes, fields."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name


# The picture: where each room stands (column, row), and what it is for.
_PLACES: Final[Mapping[str, tuple[float, float, str, str]]] = {
    "lab": (3, 0, "lab, lab/command.py", "names and command line"),
    "teaching": (3, 1, "lab/teaching", "exercises, checks, game"),
    "plots": (4, 4, "lab/plots", "pictures of runs"),
    "exploring": (2, 3, "lab/exploring", "schedules that fail"),
    "simulation": (2, 4, "lab/simulation", "virtual clock, replay"),
    "observing": (3, 4, "lab/observing", "what real runs do"),
    "tracing": (3, 5, "lab/tracing", "spans and numbers"),
    "model": (3, 6, "lab/model", "what a run is: values"),
    "pitfalls": (1, 2, "patterns/pitfalls.py", "broken on purpose"),
    "patterns": (1, 3, "patterns/*.py", "the seven pools"),
    "plain": (0, 3, "patterns/plain", "the same in plain Python"),
    "concurrency": (0.5, 6, "patterns/concurrency", "what they are written in"),
}
_STEP: Final = (236, 92)
_BOX: Final = (212, 52)
_MARGIN: Final = 20


def picture(modules: Mapping[str, Module]) -> str:
    """Draw the rooms as SVG; an arrow points to what is imported, unless others lead there too."""
    graph = {name: used & ALLOWED[name] for name, used in rooms(modules).items() if name in ALLOWED}
    width = 4 * _STEP[0] + _BOX[0] + 2 * _MARGIN
    height = 6 * _STEP[1] + _BOX[1] + 2 * _MARGIN
    title = "The rooms: " + "; ".join(
        f"{_PLACES[name][2]} imports {', '.join(_PLACES[to][2] for to in sorted(direct))}"
        for name in _PLACES
        if (direct := _direct(graph, name))
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" font-family="DejaVu Sans, Verdana, sans-serif">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#444"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for name in _PLACES:
        lines += [_arrow(name, to) for to in sorted(_direct(graph, name))]
    lines += [_box(name) for name in _PLACES]
    return "\n".join([*lines, "</svg>", ""])


def _direct(graph: Mapping[str, set[str]], name: str) -> set[str]:
    """Return the rooms that `name` imports and that no other one it imports leads to."""
    used = graph.get(name, set())
    return {to for to in used if not any(to in _reached(graph, via) for via in used - {to})}


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        new = graph.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def _center(name: str) -> tuple[float, float]:
    column, row, *_ = _PLACES[name]
    return (
        _MARGIN + column * _STEP[0] + _BOX[0] / 2,
        _MARGIN + row * _STEP[1] + _BOX[1] / 2,
    )


def _box(name: str) -> str:
    x, y = _center(name)
    *_, label, purpose = _PLACES[name]
    fill = "#e8f1fa" if label.startswith("lab") else "#fdf1dc"
    return (
        f'<rect x="{x - _BOX[0] / 2:g}" y="{y - _BOX[1] / 2:g}" width="{_BOX[0]}" '
        f'height="{_BOX[1]}" rx="6" fill="{fill}" stroke="#444"/>'
        f'<text x="{x:g}" y="{y - 5:g}" text-anchor="middle" font-size="15" font-weight="bold" '
        f'fill="#111">{escape(label)}</text>'
        f'<text x="{x:g}" y="{y + 15:g}" text-anchor="middle" font-size="13.5" '
        f'fill="#333">{escape(purpose)}</text>'
    )


def _arrow(name: str, to: str) -> str:
    (x1, y1), (x2, y2) = _center(name), _center(to)
    start, end = _edge(x1, y1, x2, y2), _edge(x2, y2, x1, y1)
    return (
        f'<path d="M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}" '
        'stroke="#444" stroke-width="1.5" fill="none" marker-end="url(#head)"/>'
    )


def _edge(x: float, y: float, to_x: float, to_y: float) -> tuple[float, float]:
    """Return where the line from the middle of a box leaves it."""
    dx, dy = to_x - x, to_y - y
    part = min(
        _BOX[0] / 2 / abs(dx) if dx else float("inf"),
        _BOX[1] / 2 / abs(dy) if dy else float("inf"),
    )
    return x + part * dx, y + part * dy


if __name__ == "__main__":
    print(picture(read()), end="")
