"""Says in a sentence what a notebook in a browser cannot do: no traceback, and the next cell runs.

A page has no threads and no processes. A cell that needs them is skipped, and so is a later one
that needs what it would have made.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

from patterns.concurrency.threads import NoThreads

__all__ = ["Skipping", "skip_in", "skip_what_is_missing"]

_ELSEWHERE: Final = "run this cell on a computer of your own, or on Binder"
_NO_THREADS: Final = f"it needs threads, which a browser does not have: {_ELSEWHERE}"
_NO_PROCESSES: Final = f"it needs processes, which a browser does not have: {_ELSEWHERE}"


class Skipping:
    """Knows what a browser lacks, and what the cells that were skipped would have made."""

    def __init__(self) -> None:
        self._lost: set[str] = set()

    def sentence(self, error: BaseException) -> str | None:
        """Say why the cell that raised this was skipped; None for an error like any other."""
        reason = self._reason(error)
        if reason is None:
            return None
        self._lost.update(_names_made(error.__traceback__))
        return f"Skipped: {reason}."

    def _reason(self, error: BaseException) -> str | None:
        if isinstance(error, BaseExceptionGroup):
            reasons = [self._reason(each) for each in error.exceptions]
            return None if None in reasons else reasons[0]
        if isinstance(error, NoThreads):
            return str(error)
        if isinstance(error, NameError):
            lost = error.name in self._lost
            return f"{error.name} would have been made by a cell that was skipped" if lost else None
        if str(error) == "can't start new thread":  # what the interpreter says
            return _NO_THREADS
        if isinstance(error, ImportError) and error.name in ("_multiprocessing", "_posixshmem"):
            return _NO_PROCESSES
        return None


def _names_made(traceback: TracebackType | None) -> Iterator[str]:
    """Give the names that the cell in which this began assigns, defines or imports."""
    while traceback is not None:
        frame, traceback = traceback.tb_frame, traceback.tb_next
        source = "".join(linecache.getlines(frame.f_code.co_filename))
        if frame.f_globals.get("__name__") != "__main__" or not source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.alias):
                yield node.asname or node.name
        return


def skip_what_is_missing() -> None:
    """Let the notebook that this runs in, if any, say what is missing, and go on."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None:
        skip_in(shell)


def skip_in(shell: Any) -> None:
    """Let an IPython shell print a sentence for what is missing; other errors are as ever."""
    skipping = Skipping()

    def handle(
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        sentence = skipping.sentence(error)
        if sentence is None:
            shell.showtraceback(
                (kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True
            )
        else:
            print(sentence)

    shell.set_custom_exc((Exception,), handle)
