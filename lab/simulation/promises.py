"""What greenlet offers to a simulation, for Pyodide: stacks that wait for JavaScript promises.

WebAssembly can suspend a stack until a promise is kept (JSPI: Chrome and Edge 137, Firefox 153).
Here each greenlet has such a stack, and a thenable, which whoever switches to it awaits. The `then`
of that keeps what gives the awaiting stack its turn, and lets its own stack go on. So a switch is
one call and a few microtasks, and nothing else of the page runs meanwhile. `run_sync` would hand
what it is given to `asyncio.ensure_future`, which takes a turn of the event loop; a thenable needs
none, so it is let pass.

Only what the simulation uses is here: switching without values, throwing, `parent`, `gr_context`,
`gr_frame` and the truth of one that runs.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextvars import Context
from types import CodeType, FrameType
from typing import Any

from pyodide.code import run_js
from pyodide.ffi import create_proxy, run_sync

from patterns.concurrency.threads import NoThreads

__all__ = ["getcurrent", "greenlet", "outer"]

_THENABLES = """
(run) => {
  const thenables = [];
  const turns = [];  // of each stack that waits: what gives it its turn
  let current = 0;
  const add = (to) => {
    thenables[to] = {
      then(resolve) {
        turns[current] = resolve;
        current = to;
        if (turns[to]) turns[to]();
        else run.callPromising(to).catch((error) => console.error(`stack ${to}: ${error}`));
      },
    };
  };
  return {add, thenables};
}
"""
_suspends = run_js("'Suspending' in WebAssembly || 'Suspender' in WebAssembly")
_ensure_future = asyncio.ensure_future


class GreenletExit(BaseException):
    """Ends a greenlet, and is heard of no more."""


class greenlet:  # noqa: N801, as the library calls it
    """A task with a stack of its own, which runs when it is switched to."""

    def __init__(self, parent: greenlet) -> None:
        self.parent = parent
        self.dead = False
        self.gr_context: Context | None = None
        self.gr_frame: Place | None = None
        self._stack: int | None = None  # until it starts
        self._thrown: BaseException | None = None

    def __bool__(self) -> bool:
        return self._stack is not None and not self.dead

    def run(self) -> None:
        """Do the work; to be overridden."""

    def switch(self) -> None:
        """Let it go on, until the caller has a turn again."""
        global _current
        me = _current
        assert me is not None
        if self is me:
            return
        me.gr_frame = _place(sys._getframe(1))
        _current = self
        if self._stack is None:
            self._take_stack()
        _go(self._stack)
        me.gr_frame = None
        if me._thrown is not None:
            thrown, me._thrown = me._thrown, None
            raise thrown

    def throw(self, kind: Callable[[], BaseException] = GreenletExit) -> None:
        """Raise an exception of this kind where it stands; one that has not begun is dead then."""
        if self._stack is None:
            self.dead = True
        if not self.dead:
            self._thrown = kind()
            self.switch()

    def _take_stack(self) -> None:
        if not _suspends:
            raise NoThreads(
                "a simulation needs a browser that can suspend WebAssembly: "
                "Chrome or Edge 137, Firefox 153, or newer"
            )
        self._stack = _idle.pop() if _idle else _add_stack()
        _on_stack[self._stack] = self


class Place:
    """A copy of where a greenlet stands, down to the first call that is not of the workbook.

    Its frames must not be followed while it is suspended: `f_back` looks at a stack that may have
    been moved away.
    """

    __slots__ = ("f_back", "f_code", "f_globals", "f_lineno")

    def __init__(self, frame: FrameType) -> None:
        self.f_code, self.f_globals, self.f_lineno = frame.f_code, frame.f_globals, frame.f_lineno
        self.f_back: Place | None = None


def _place(frame: FrameType | None) -> Place | None:
    first = last = None
    while frame is not None and frame.f_code is not _bottom:
        place = Place(frame)
        if last is None:
            first = place
        else:
            last.f_back = place
        last = place
        if not place.f_globals.get("__name__", "").startswith(("patterns.concurrency", "lab.")):
            break
        frame = frame.f_back
    return first


def outer(frame: Any) -> Any:
    """Return the frame of the caller; None at the bottom of a stack, below which nothing is ours.

    What called it first may have been moved away, and must not even be looked at.
    """
    return None if frame.f_code is _bottom else frame.f_back


def getcurrent() -> greenlet:
    """Return the greenlet that runs."""
    return _current


def _add_stack() -> int:
    """Return the number of a new stack."""
    number = len(_thenables)
    _js.add(number)
    _thenables.append(_js.thenables[number])  # returned by a call it would be waited for
    return number


def _let_pass(thenable: Any, **_: Any) -> Any:
    asyncio.ensure_future = _ensure_future
    return thenable


def _go(to: int | None) -> None:
    assert to is not None
    asyncio.ensure_future = _let_pass  # type: ignore[assignment]
    run_sync(_thenables[to])


def _run_stack(number: int) -> None:
    """Run greenlets, one after the other, for ever: a new stack takes a turn of the event loop."""
    global _current
    while True:
        one = _on_stack[number]
        try:
            if one.gr_context is None:
                one.run()
            else:
                one.gr_context.run(one.run)
        except GreenletExit:
            following = one.parent
        except BaseException as error:
            following = one.parent
            following._thrown = error
        else:
            following = one.parent
        one.dead = True
        del one
        _idle.append(number)
        _current = following
        to = following._stack
        del following
        _go(to)


_bottom: CodeType = _run_stack.__code__
_js = run_js(_THENABLES)(create_proxy(_run_stack))
_thenables: list[Any] = []  # by the number of the stack
_on_stack: dict[int, greenlet] = {}  # the latest
_idle: list[int] = []

_main = greenlet.__new__(greenlet)
_main.__init__(_main)  # type: ignore[misc]
_main._stack = _add_stack()
_current: greenlet = _main

# The collector of Pyodide 314.0.5 to 314.0.7 looks at the frames of suspended stacks, which may
# have been moved (github.com/pyodide/pyodide, issue 6464); a full collection does not.
gc.disable()
