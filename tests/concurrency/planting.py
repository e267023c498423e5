"""Planting a fault in a function: its source with a few pieces exchanged, found by their meaning.

A piece is an expression, or a statement, of the function's syntax tree, so a change of layout, of
comments or of the lines around it does not matter. In a piece `...` stands for anything, and in
what is put there for the piece itself.
"""

from __future__ import annotations

import ast


def planted(text: str, function: str, edits: dict[str, str]) -> str:
    """Return the source `text` of a module with `edits` made in one of its functions.

    Args:
        text: the module's source.
        function: the function's qualified name.
        edits: for a piece, what to put there. Statements are separated by newlines, none is "".
            A piece that begins with "each: " may occur several times, any other one only once. A
            piece "with …:" is the header only, and so is what to put there.

    Raises LookupError if a piece is not there, or not once.
    """
    tree = ast.parse(text)
    body = _function(tree, function)
    exchange: dict[ast.AST, list[ast.stmt] | ast.expr | str] = {}
    for piece, instead in edits.items():
        each, piece = piece.startswith("each: "), piece.removeprefix("each: ")
        header = piece.startswith("with ")
        pattern = ast.parse(f"{piece} pass" if header else piece).body[0]
        if isinstance(pattern, ast.Expr) and _is_expression(instead):
            pattern = pattern.value
        found = [node for node in ast.walk(body) if _same(pattern, node, header)]
        if len(found) != 1 and not (each and found):
            raise LookupError(f"{function} has {len(found)} times what should be there: {piece}")
        for node in found:
            exchange[node] = instead if header else _new(instead, node)
    return ast.unparse(ast.fix_missing_locations(_Exchange(exchange).visit(tree)))


def _is_expression(text: str) -> bool:
    body = ast.parse(text).body
    return len(body) == 1 and isinstance(body[0], ast.Expr)


def _new(text: str, node: ast.AST) -> list[ast.stmt] | ast.expr:
    body = ast.parse(text.replace("...", ast.unparse(node))).body
    if isinstance(node, ast.expr):
        assert isinstance(body[0], ast.Expr)
        return body[0].value
    return body


def _function(tree: ast.Module, qualified_name: str) -> ast.AST:
    node: ast.AST = tree
    for name in qualified_name.split("."):
        inside = [n for n in ast.iter_child_nodes(node) if getattr(n, "name", None) == name]
        if len(inside) != 1:
            raise LookupError(f"there is no function {qualified_name}")
        node = inside[0]
    return node


def _same(pattern: object, node: object, header: bool = False) -> bool:
    if _is_anything(pattern):
        return isinstance(node, ast.expr)
    if isinstance(pattern, list) and isinstance(node, list):
        if len(pattern) == 1 and _is_anything(pattern[0]):
            return True
        return len(pattern) == len(node) and all(map(_same, pattern, node))
    if not isinstance(pattern, ast.AST):
        return pattern == node
    if type(pattern) is not type(node):
        return False
    fields = [f for f in pattern._fields if f not in ("ctx", "type_comment")]
    if header:
        fields = ["items"]
    return all(_same(getattr(pattern, f), getattr(node, f)) for f in fields)


def _is_anything(pattern: object) -> bool:
    return isinstance(pattern, ast.Constant) and pattern.value is Ellipsis


class _Exchange(ast.NodeTransformer):
    def __init__(self, exchange: dict[ast.AST, list[ast.stmt] | ast.expr | str]) -> None:
        self._exchange = exchange

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if node not in self._exchange:
            return self.generic_visit(node)
        new = self._exchange[node]
        if isinstance(new, str):
            assert isinstance(node, ast.With)
            self.generic_visit(node)
            header = ast.parse(f"{new} pass").body[0]
            header.body = node.body
            return header
        return new or ast.Pass() if isinstance(new, list) else new
