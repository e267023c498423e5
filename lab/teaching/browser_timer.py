"""A timer for Pyodide, which has signals but nobody to send them while its only thread computes.

Python asks there, every few dozen jumps and calls, whether a signal has come: it looks into what
`setInterruptBuffer` was given, meant to be memory that another thread writes to. Here it is an
object that looks at the clock when it is asked.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pyodide_js
from pyodide.code import run_js

__all__ = ["alarms"]

_timer = run_js("""
(seconds, interval, signal) => {
  let due = performance.now() + 1000 * seconds;
  return {
    get 0() {
      const now = performance.now();
      if (now < due) return 0;
      due = now + 1000 * interval;
      return signal;
    },
    set 0(_) {},
  };
}
""")


@contextmanager
def alarms(seconds: float, interval: float) -> Iterator[None]:
    """Send SIGALRM after `seconds`, then every `interval` seconds, inside the `with` block."""
    before = getattr(pyodide_js._module, "Py_EmscriptenSignalBuffer", None)
    pyodide_js.setInterruptBuffer(_timer(seconds, interval, int(signal.SIGALRM)))
    try:
        yield
    finally:
        pyodide_js.setInterruptBuffer(before)
