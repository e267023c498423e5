"""Run the cells of one notebook, and try what they answer: the inside of `handed_in`.

A program of its own: it reads what is to be done from its standard input, and writes a line of JSON
about each step to the pipe whose number is its argument.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from typing import Any, Final

from lab.teaching.exercises.about import About
from lab.teaching.grading import NotYet
from lab.teaching.problem import Problem, Question
from lab.teaching.tampering import Snapshot

if sys.platform != "win32" and sys.platform != "emscripten":
    import resource

__all__ = ["main"]

MEMORY: Final = 2**30  # bytes that the cells may take
FILE: Final = 2**26  # bytes that a file may have
CPU: Final = 900  # seconds of it, if nobody is left who ends this process
_LONGEST: Final = 20_000  # characters that are kept of what a cell prints


class _Said(io.StringIO):
    """What a cell prints, up to a length."""

    def write(self, text: str, /) -> int:
        if self.tell() < _LONGEST:
            super().write(text)
        return len(text)


def main() -> None:
    """Do the steps."""
    pipe = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8", errors="surrogatepass")
    os.set_inheritable(pipe.fileno(), False)
    task = json.load(sys.stdin)

    def tell(**line: Any) -> None:
        print(json.dumps(line), file=pipe, flush=True)

    problems = _problems(task["module"])
    shell = _shell()
    before = Snapshot()
    _limit()

    def unchanged() -> None:
        if changed := before.change():
            raise NotYet(f"it changes the code that grades it: {changed}")

    for number, code, key in task["steps"]:
        tell(begin=number)
        if key is None:
            tell(ran=number, said=_run(shell, code))
            try:
                unchanged()
            except NotYet as not_yet:
                tell(refused=number, why=str(not_yet))
                return
            continue
        problem, student = problems[key], str(shell.user_ns.get("student", "guest"))
        if isinstance(problem, Question) and student.strip():
            problem = problem.of(student)
        feedback = problem.graded(shell.user_ns.get(problem.answer), afterwards=unchanged)
        tell(graded=key, feedback=feedback.as_text(), student=student)
    tell(done=True)


def _problems(module: str) -> dict[str, Problem]:
    """Return the exercises, such as nobody else has them."""
    name = f"lab.teaching.exercises.{module}"
    about: About = import_module(name).ABOUT
    del sys.modules[name]
    import_module(name)  # what the cells will import
    return {problem.key: problem for problem in about.problems}


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.run_line_magic("colors", "nocolor")
    return shell


def _run(shell: Any, code: str) -> str:
    """Run a cell, and return what it prints; an exception ends only the cell."""
    said = _Said()
    with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):
        shell.run_cell(code, silent=True)
    return said.getvalue()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # elsewhere than on Linux
        with open("/proc/self/statm", encoding="ascii") as sizes:
            size = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
