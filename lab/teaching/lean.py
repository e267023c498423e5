"""Take docstrings and type hints out of source, and leave the rest as it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

__all__ = ["lean"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Edit: TypeAlias = tuple[int, int, str]  # from and to a byte, and what stands there instead

_WIDTH: Final = 100  # a signature that fits on one line of so many characters gets it
_MAKES_A_TYPE: Final = {"NewType", "ParamSpec", "TypeVar", "TypeVarTuple"}
_IS_A_TYPE: Final = {"Callable", "Literal", "Optional", "Union"}
_FIELDS_MATTER: Final = {"NamedTuple", "TypedDict", "dataclass"}
_BLOCKS: Final = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
_HAS_BODY: Final = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, *_BLOCKS)
_INDENTED: Final = "if True:\n"  # before a method, so that it can be parsed where it stands


def lean(source: str, docstrings: bool = False, types: bool = False) -> str:
    """Return the source of a function, class or module without what is not to be shown.

    Args:
        source: as `inspect.getsource` returns it.
        docstrings: whether to keep them. One that is all there is of a function stays anyway.
        types: whether to keep what only type checkers read.
    """
    indented = source[:1].isspace()
    text = _INDENTED + source if indented else source
    if not docstrings:
        text = _edited(text, _docstrings(_Text(text)))
    if not types:
        before = _names(ast.parse(text))
        text = re.sub(r"[ \t]*# type: ignore(\[[\w, -]*\])?$", "", text, flags=re.MULTILINE)
        text = _edited(text, _types(_Text(text)))
        text = _edited(text, _imports(_Text(text), before))
        text = _edited(text, _signatures(_Text(text)))
        text = re.sub(r"\n{4,}", "\n\n\n", text)
    return text.removeprefix(_INDENTED).rstrip() if indented else text.strip()


class _Text:
    """Source, its syntax tree, and where in it things are, in bytes, as `ast` counts them."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.raw = text.encode()
        self.starts = [0]
        for line in self.raw.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Return where a node begins, its decorators left out."""
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Return where it ends."""
        return self.starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def whole(self, node: ast.stmt) -> Edit:
        """Take a statement out, with its lines and, inside of others, the blank lines after it."""
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        end = self.starts[node.end_lineno or 0]
        blank = re.compile(rb"(?:[ \t]*\n)*").match(self.raw, end)
        inside = node not in self.tree.body or node is self.tree.body[0]
        return self.starts[first - 1], blank.end() if inside and blank else end, ""

    def head(self, node: Function | ast.ClassDef) -> tuple[int, int]:
        """Return where a function or class begins, and where its body does."""
        first = node.body[0]
        line = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
        return self.start(node), self.starts[line - 1]


def _edited(text: str, edits: Iterable[Edit]) -> str:
    raw, place, pieces = text.encode(), 0, []
    for start, end, instead in sorted(edits):
        if start >= place:  # otherwise it lies within what has been taken out
            pieces += [raw[place:start], instead.encode()]
            place = end
    return b"".join([*pieces, raw[place:]]).decode()


def _docstrings(text: _Text) -> Iterator[Edit]:
    for node in ast.walk(text.tree):
        documented = Function | ast.ClassDef | ast.Module
        if isinstance(node, documented) and len(node.body) > 1 and ast.get_docstring(node):
            yield text.whole(node.body[0])


def _types(text: _Text) -> Iterator[Edit]:
    tree = text.tree
    asked_for = tree.body[0] if len(tree.body) == 1 else None
    fields = {
        id(field)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and _FIELDS_MATTER & _words(node)
        for field in node.body
    }
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield from _hints(text, node)
        elif isinstance(node, ast.ClassDef):
            yield from _bases(text, node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript):
            if _is_class_name(node.func.value):  # Channel[int](3)
                yield text.end(node.func.value), text.end(node.func), ""
        elif isinstance(node, ast.AnnAssign) and node.value is not None and id(node) not in fields:
            yield text.end(node.target), text.end(node.annotation), ""
        body: list[ast.stmt] = node.body if isinstance(node, _HAS_BODY) else []
        cut = [n for n in body if n is not asked_for and id(n) not in fields and _for_types(n)]
        if len(cut) < len(body):
            yield from map(text.whole, cut)


def _hints(text: _Text, node: Function) -> Iterator[Edit]:
    """Take the hints of parameters and of what is returned out of a function's head."""
    own = node.args
    positional = [*own.posonlyargs, *own.args]
    defaults = [*[None] * (len(positional) - len(own.defaults)), *own.defaults, *own.kw_defaults]
    for parameter, default in zip([*positional, *own.kwonlyargs], defaults, strict=True):
        if parameter.annotation is not None:
            end = text.end(parameter) if default is None else text.start(default)
            name_end = text.start(parameter) + len(parameter.arg.encode())
            yield name_end, end, "" if default is None else "="
    for rest in (own.vararg, own.kwarg):
        if rest is not None and rest.annotation is not None:
            yield text.start(rest) + len(rest.arg.encode()), text.end(rest), ""
    if node.returns is not None:
        arrow = text.raw.rindex(b"->", 0, text.start(node.returns))
        while text.raw[arrow - 1 : arrow].isspace():
            arrow -= 1
        yield arrow, text.raw.index(b":", text.end(node.returns)), ""


def _bases(text: _Text, node: ast.ClassDef) -> Iterator[Edit]:
    """Take type arguments, and what is only there to have some, out of the bases of a class."""
    generic = [base for base in node.bases if isinstance(base, ast.Subscript)]
    if not generic:
        return
    left = [
        ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        for base in node.bases
        if not (isinstance(base, ast.Subscript) and _words(base.value) & {"Generic", "Protocol"})
    ]
    start, end = text.start(node.bases[0]), text.end(node.bases[-1])
    if left or node.keywords:
        yield start, end, ", ".join(left)
    else:
        yield text.raw.rindex(b"(", 0, start), text.raw.index(b")", end) + 1, ""


def _for_types(node: ast.stmt) -> bool:
    """Whether a statement does nothing that anybody notices when the code runs."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None or "TypeAlias" in _words(node.annotation)
    if isinstance(node, ast.Assign):
        value = node.value
        if isinstance(value, ast.Call):
            return bool(_words(value.func) & _MAKES_A_TYPE)
        return isinstance(value, ast.Subscript) and bool(_words(value.value) & _IS_A_TYPE)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in _words(node.test)
    if isinstance(node, ast.ClassDef):
        return any("Protocol" in _words(base) for base in node.bases)
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, Function) and any("overload" in _words(d) for d in node.decorator_list)


def _imports(text: _Text, before: set[str]) -> Iterator[Edit]:
    """Take out the imports of names that only hints have used."""
    after = _names(text.tree)
    for node in text.tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [(alias, (alias.asname or alias.name).partition(".")[0]) for alias in node.names]
        left = [alias for alias, name in names if name in after or name not in before]
        if not left:
            yield text.whole(node)
        elif len(left) < len(names):
            line = ast.unparse(_with_names(node, left))
            if len(line) > _WIDTH:
                head, _, tail = line.partition(" import ")
                inside = "".join(f"    {name},\n" for name in tail.split(", "))
                line = f"{head} import (\n{inside})"
            yield text.start(node), text.end(node), line


def _signatures(text: _Text) -> Iterator[Edit]:
    """Put heads of functions that have become short on one line."""
    for node in ast.walk(text.tree):
        if not isinstance(node, Function):
            continue
        start, end = text.head(node)
        head = text.raw[start:end].decode().rstrip()
        if "\n" not in head or "#" in head or not head.endswith(":"):
            continue
        line = re.sub(r",?\s*\n\s*\)", ")", re.sub(r"\(\s*\n\s*", "(", head))
        line = re.sub(r"\s*\n\s*", " ", line)
        if node.col_offset + len(line) <= _WIDTH:
            yield start, start + len(head.encode()), line


def _names(tree: ast.Module) -> set[str]:
    """Return the names that code uses, and those that it says in `__all__` it offers."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in _words(node.targets[0]):
            names |= set(ast.literal_eval(node.value))
    return names


def _words(node: ast.expr | ast.ClassDef) -> set[str]:
    """Return the names in an expression; of a class those of its decorators and bases."""
    parts = [*node.decorator_list, *node.bases] if isinstance(node, ast.ClassDef) else [node]
    found = [inner for part in parts for inner in ast.walk(part)]
    names = {inner.id for inner in found if isinstance(inner, ast.Name)}
    return names | {inner.attr for inner in found if isinstance(inner, ast.Attribute)}


def _is_class_name(node: ast.expr) -> bool:
    builtin = "dict", "frozenset", "list", "set", "tuple", "deque"
    name = node.id if isinstance(node, ast.Name) else ""
    return name in builtin or re.match(r"_?[A-Z]\w*[a-z]", name) is not None


def _with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)
