"""What greenlet offers to a simulation, for Pyodide: stacks that wait for JavaScript promises.

WebAssembly can suspend a stack until a promise is kept (JSPI: Chrome and Edge 137, Firefox 153).
Here each greenlet has such a stack, and a promise that is kept when it has its turn, so that a
switch takes a microtask and nothing else of the page runs meanwhile. `run_sync` would hand what it
is given to `asyncio.ensure_future`, which takes a turn of the event loop; a bare promise needs
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

__all__ = ["getcurrent", "greenlet", "outer"]

_SWITCH = """
(() => {
  const turns = [];  // of each stack that waits: what gives it its turn
  const js = {
    turn: null,  // what the latest to wait waits for: as a value returned it would be wrapped
    wait(me) {
      const {promise, resolve} = Promise.withResolvers();
      js.turn = promise;
      turns[me] = resolve;
    },
    swap(me, to) {
      js.wait(me);
      turns[to]();
    },
    start(me, to, run) {
      js.wait(me);
      run.callPromising(to).catch((error) => console.error(`stack ${to}: ${error}`));
    },
  };
  return js;
})()
"""
_js = run_js(_SWITCH)
_swap, _start = _js.swap, _js.start
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
            self._begin(me)
        else:
            _swap(me._stack, self._stack)
        _wait()
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

    def _begin(self, me: greenlet) -> None:
        if _idle:
            self._stack = _idle.pop()
            _on_stack[self._stack] = self
            _swap(me._stack, self._stack)
        else:
            self._stack = len(_on_stack) + 1
            _on_stack[self._stack] = self
            _start(me._stack, self._stack, _run_stack_proxy)


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


def _let_pass(promise: Any, **_: Any) -> Any:
    asyncio.ensure_future = _ensure_future
    return promise


def _wait() -> None:
    asyncio.ensure_future = _let_pass  # type: ignore[assignment]
    run_sync(_js.turn)


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
        _swap(number, following._stack)
        del following
        _wait()


_bottom: CodeType = _run_stack.__code__
_run_stack_proxy = create_proxy(_run_stack)
_on_stack: dict[int, greenlet] = {}  # the latest, by the number of its stack
_idle: list[int] = []

_main = greenlet.__new__(greenlet)
_main.__init__(_main)  # type: ignore[misc]
_main._stack = 0
_current: greenlet = _main

# The collector of Pyodide 314.0.5 to 314.0.7 looks at the frames of suspended stacks, which may
# have been moved (github.com/pyodide/pyodide, issue 6464); a full collection does not.
gc.disable()
