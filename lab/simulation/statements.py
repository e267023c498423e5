"""Scheduling points between the statements of a function: races on plain variables show up.

The primitives have a scheduling point before each operation, and what lies between two of them
happens at once. Real threads are not so kind: they change places between any two statements.
`instrument` rewrites functions so that a point stands before each statement, which is how a lost
update of a plain variable is found.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, reduce
from operator import or_
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeAlias, TypeVar

from patterns.concurrency.runtime import current_runtime

__all__ = ["Target", "instrument", "instrument_pool"]

Target: TypeAlias = ModuleType | type | Callable[..., object]
Code: TypeAlias = Mapping[str, list[CodeType]]  # by qualified name
Node = TypeVar("Node", bound=ast.AST)

_POINT: Final = "_point_before_statement"  # what rewritten code calls; a global of its module
_FUTURES: Final = reduce(
    or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)


@contextmanager
def instrument(*targets: Target, sources: Mapping[str, str] | None = None) -> Iterator[None]:
    """While entered, the targets' functions have scheduling points between their statements.

    A point stands before each statement, before each further operand of `and` and `or`, before
    each evaluation of a loop's condition, and between reading and writing in an assignment to an
    attribute, an item, or a global or nonlocal variable. On real threads it does nothing.

    The functions keep their identity, so it does not matter who calls them or by which name:
    only their code is exchanged, and put back on leaving. Line numbers stay true. Functions
    defined inside a target belong to it. Not rewritten are lambdas, coroutines, and what a
    target only calls: name that, too.

    Args:
        targets: functions, classes (their methods) or modules (all that is defined there).
        sources: for a module's name, the text to use in place of its file: the same functions
            with other bodies.

    Raises ValueError for a target that has no Python statements, or whose source cannot be read
    or has changed since it was loaded.
    """
    replaced = sources or {}
    functions = dict.fromkeys(f for target in targets for f in _functions_of(target))
    codes = [(f, _rewritten_code(f, replaced.get(f.__module__))) for f in functions]
    try:
        for function, code in codes:
            function.__globals__[_POINT] = _point_before_statement
            _exchange(function, code)
        yield
    finally:
        for function, code in codes:
            _put_back(function, code)


# By function: its own code, then those put in its place by whoever runs it statement by statement,
# maybe several at a time, in threads of their own.
_codes: dict[FunctionType, list[CodeType]] = {}
_exchanging: Final = threading.Lock()


def _exchange(function: FunctionType, code: CodeType) -> None:
    with _exchanging:
        _codes.setdefault(function, [function.__code__]).append(code)
        function.__code__ = code


def _put_back(function: FunctionType, code: CodeType) -> None:
    with _exchanging:
        codes = _codes.get(function, [])
        if code not in codes:
            return  # it was never exchanged: somebody interrupted
        codes.remove(code)
        function.__code__ = codes[-1]
        if len(codes) == 1:
            del _codes[function]


def instrument_pool(targets: Sequence[Target]) -> AbstractContextManager[None]:
    """Instrument what a pool consists of, to run it on any simulation.

    Raises ValueError as `instrument` does, and for `patterns.concurrency`: a channel's own
    statements make sense on a `StatementRuntime` only.
    """
    if callable(targets) or isinstance(targets, ModuleType):
        raise ValueError(
            f"statements must be a list of functions, classes or modules, got {targets!r}"
        )
    for target in targets:
        module = str(getattr(target, "__module__", None) or getattr(target, "__name__", ""))
        if module.startswith("patterns.concurrency"):
            raise ValueError(
                f"statements must name your own code, got {target!r}: an operation of "
                "patterns.concurrency is one step"
            )
    return instrument(*targets)


def _point_before_statement(where: str, value: Any = None) -> Any:
    # Calls nothing that could have been rewritten. Real threads have no such points.
    point = getattr(current_runtime(), "point", None)
    if point is not None:
        point("statement", where)
    return value


# Finding functions and their code.


def _functions_of(target: Target) -> list[FunctionType]:
    functions = [f for f in _functions_in(target) if f.__name__ != "<lambda>"]
    if isinstance(target, ModuleType | type):
        functions = [f for f in functions if _text(f)]  # a dataclass makes some without source
    elif functions and not _text(functions[0]):
        raise ValueError(f"the source of {target!r} cannot be read")
    if not functions:
        raise ValueError(f"there are no statements of Python functions in {target!r}")
    return functions


def _functions_in(target: Any) -> Iterator[FunctionType]:
    if isinstance(target, ModuleType):
        for member in vars(target).values():
            if getattr(member, "__module__", None) == target.__name__:
                yield from _functions_in(member)
    elif isinstance(target, type):
        for member in vars(target).values():
            if not isinstance(member, type) or _is_inside(member, target):
                yield from _functions_in(member)
    elif isinstance(target, property):
        for accessor in (target.fget, target.fset, target.fdel):
            yield from _functions_in(accessor)
    else:
        function = inspect.unwrap(getattr(target, "__func__", target))
        if isinstance(function, FunctionType):
            yield function


def _is_inside(inner: type, outer: type) -> bool:
    return (inner.__module__, inner.__qualname__.rpartition(".")[0]) == (
        outer.__module__,
        outer.__qualname__,
    )


def _text(function: FunctionType) -> str:
    filename = function.__code__.co_filename
    if filename == "<string>":
        return ""  # made by exec; asked for it, linecache may answer with its module's source
    return "".join(linecache.getlines(filename, function.__globals__))


def _rewritten_code(function: FunctionType, text: str | None) -> CodeType:
    code = function.__code__
    every_code = _rewrite(
        code.co_filename, _text(function) if text is None else text, code.co_flags & _FUTURES
    )
    same_name = every_code.get(function.__code__.co_qualname, [])
    same_line = [c for c in same_name if c.co_firstlineno == code.co_firstlineno]
    if text is not None and len(same_name) == 1:  # other bodies move the lines
        return same_name[0]
    if len(same_line) != 1:
        raise ValueError(f"the source of {function!r} has changed since it was loaded")
    return same_line[0]


@lru_cache(maxsize=64)
def _rewrite(filename: str, text: str, flags: int) -> Code:
    """Return the code of all functions in `text`, with points in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whatever there is to say was said at the first time
        tree = ast.parse(text, filename)
        tree = ast.fix_missing_locations(_Points(tree).visit(tree))
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in the cells of a notebook
        module = compile(tree, filename, "exec", flags, dont_inherit=True)
    every_code: defaultdict[str, list[CodeType]] = defaultdict(list)
    _collect(module, every_code)
    return every_code


def _collect(code: CodeType, into: defaultdict[str, list[CodeType]]) -> None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            into[constant.co_qualname].append(constant)
            _collect(constant, into)


# Rewriting.

_NO_EFFECT = (
    ast.AsyncFunctionDef,
    ast.Break,
    ast.ClassDef,
    ast.Continue,
    ast.FunctionDef,
    ast.Global,
    ast.Import,
    ast.ImportFrom,
    ast.Nonlocal,
    ast.Pass,
    ast.Try,
    ast.TryStar,
    ast.While,  # its condition has a point
)


class _Points(ast.NodeTransformer):
    """Puts the points into the functions of a module."""

    def __init__(self, tree: ast.AST) -> None:
        self._function: str | None = None
        self._shared = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Global | ast.Nonlocal)
            for name in node.names
        }

    def visit(self, node: Node) -> Node:
        """Return `node` with points in it."""
        rewritten: Node = super().visit(node)
        return rewritten

    def generic_visit(self, node: Node) -> Node:
        """Visit what is in `node`; lists of statements get points in between."""
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
            elif isinstance(value, list):
                setattr(node, field, self._visit_all(value))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Rewrite the body; decorators, defaults and annotations are not the function's."""
        node.body = self._inside(node.name, node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Rewrite the methods."""
        node.body = self._inside(None, node.body)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """Leave it alone: a coroutine is nothing for a task."""
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        """Leave it alone."""
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        """Put a point before each evaluation of the condition."""
        self.generic_visit(node)
        node.test = self._before(node.test)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        """Put a point before each operand but the first, which follows one already."""
        self.generic_visit(node)
        node.values[1:] = [self._before(operand) for operand in node.values[1:]]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        """Put a point between the condition and what depends on it."""
        self.generic_visit(node)
        node.body, node.orelse = self._before(node.body), self._before(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        """Put a point before each condition."""
        self.generic_visit(node)
        node.ifs = [self._before(condition) for condition in node.ifs]
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        """Put a point between reading and writing: the target is read before the value."""
        self.generic_visit(node)
        if self._is_shared(node.target):
            node.value = self._before(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        """Put a point between reading and writing."""
        self.generic_visit(node)
        if any(map(self._is_shared, node.targets)):
            node.value = self._after(node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        """Put a point between reading and writing."""
        if node.value is not None:
            node.value = self.visit(node.value)
            if self._is_shared(node.target):
                node.value = self._after(node.value)
        return node

    def _inside(self, function: str | None, body: list[ast.stmt]) -> list[ast.stmt]:
        outer, self._function = self._function, function
        rewritten: list[ast.stmt] = self._visit_all(body)
        self._function = outer
        return rewritten

    def _visit_all(self, nodes: list[Any]) -> list[Any]:
        rewritten: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.stmt) and self._needs_point(node):
                rewritten.append(ast.copy_location(ast.Expr(self._call(node)), node))
            rewritten.append(self.visit(node) if isinstance(node, ast.AST) else node)
        return rewritten

    def _needs_point(self, node: ast.stmt) -> bool:
        if self._function is None or isinstance(node, _NO_EFFECT):
            return False
        if isinstance(node, ast.Expr | ast.Return):  # docstrings and constants
            return not isinstance(node.value, ast.Constant | None)
        return True

    def _is_shared(self, target: ast.expr) -> bool:
        """Tell whether assigning to `target` may change what other tasks see."""
        if self._function is None:
            return False
        return any(
            isinstance(part, ast.Attribute | ast.Subscript)
            or (isinstance(part, ast.Name) and part.id in self._shared)
            for part in ast.walk(target)
        )

    def _before(self, value: ast.expr) -> ast.expr:
        either = ast.BoolOp(ast.Or(), [self._call(value), value])
        return ast.copy_location(either, value)

    def _after(self, value: ast.expr) -> ast.expr:
        return value if isinstance(value, ast.Constant) else self._call(value, value)

    def _call(self, at: ast.stmt | ast.expr, *arguments: ast.expr) -> ast.Call:
        where = ast.Constant(f"{self._function}, line {at.lineno}")
        call = ast.Call(ast.Name(_POINT, ast.Load()), [where, *arguments], [])
        for node in (call, call.func, where):
            ast.copy_location(node, at)
        return call
