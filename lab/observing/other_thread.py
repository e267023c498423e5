"""Run something in another thread, and end it there when Ctrl-C is pressed here."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

__all__ = ["run_in_a_thread"]

GRACE: Final = 1.0  # seconds


def run_in_a_thread(run: Callable[[], Any], interrupt: Callable[[], object]) -> Any:
    """Run it in another thread; a KeyboardInterrupt here ends it there, by force after 1 s.

    In a browser, which has no other thread, it runs here, as if no event loop were running.
    """
    if sys.platform == "emscripten":
        with _without_a_loop():
            return run()
    outcome: list[Any] = []
    error: list[BaseException] = []
    over = threading.Event()

    def target() -> None:
        try:
            outcome.append(run())
        except BaseException as raised:
            error.append(raised)
        finally:
            over.set()

    context = contextvars.copy_context()  # by which a notebook finds the cell that prints
    thread = threading.Thread(target=context.run, args=(target,), daemon=True)
    try:
        thread.start()
        over.wait()
    except KeyboardInterrupt:
        with suppress(RuntimeError):  # the loop has just been closed
            interrupt()
        while not _is_over(over):  # a task computes: raise where it is
            number = ctypes.c_ulong(thread.ident or 0)
            kind = ctypes.py_object(asyncio.CancelledError)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, kind)
        raise
    finally:
        thread.join()
    if error:
        raise error[0]
    return outcome[0]


@contextmanager
def _without_a_loop() -> Iterator[None]:
    """Let another event loop run inside the one that runs here."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        asyncio._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if task is not None:
            asyncio._enter_task(loop, task)


def _is_over(over: threading.Event) -> bool:
    try:
        return over.wait(GRACE)
    except KeyboardInterrupt:  # somebody cannot wait
        return over.is_set()
