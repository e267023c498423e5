"""The command line of a pattern, derived from the signature of its `demo`.

On its own it runs the demo on threads and prints what comes. Where the workbook's lab is installed
beside it, the lab's command line takes over, which also simulates, draws and saves.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from types import NoneType, UnionType
from typing import Any, Final, Literal, NoReturn, Union, get_args, get_origin

from .report import Report
from .results import Failed, Result

__all__ = ["Parser", "add_options", "main", "say"]

Demo = Callable[..., Report[Any, Any]]
_SIMPLE: Final = (int, float, str)
_SHARED: Final = {  # what every `run` documents in one place, and no `demo` again
    "workers": "workers, >= 1",
    "buffer": "jobs that may wait for a worker, >= 0",
    "timeout": "seconds after which the run is cancelled",
}


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print `message` on standard error and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(demo: Demo, argv: Sequence[str] | None = None) -> int:
    """Run `demo` with the options in `argv`; return the exit status.

    That is 0; 2 for a wrong value, told in one line on standard error; 130 after Ctrl-C.
    """
    try:
        lab = importlib.import_module("lab.command")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "lab":
            raise
    else:
        status: int = lab.main(demo, argv)
        return status
    parser = Parser(description=inspect.getdoc(inspect.getmodule(demo)), allow_abbrev=False)
    names = add_options(parser, demo)
    options = vars(parser.parse_args(argv))
    try:
        report = demo(**{name: options[name] for name in names}, on_result=say)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    print(report)
    return 0


def say(result: Result[Any, Any]) -> None:
    """Print a result; one write a line, so that lines of threads do not run into each other."""
    if isinstance(result, Failed):
        line = f"{result.job} failed: {result.error!r}"
    else:
        line = f"{result.job}: {result.value}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def add_options(parser: argparse.ArgumentParser, demo: Demo) -> list[str]:
    """Add an option for each parameter that has a simple type; return the parameters' names."""
    told = _SHARED | _arguments(getattr(inspect.getmodule(demo), "run", None)) | _arguments(demo)
    names = []
    for name, parameter in inspect.signature(demo, eval_str=True).parameters.items():
        settings = _settings(parameter.annotation)
        if settings is None:
            continue
        default = parameter.default
        if default is not None and default is not False:
            shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
            settings["help"] = f"(default: {shown})"
        settings["help"] = f"{told.get(name, name)} {settings.get('help', '')}".rstrip()
        settings["help"] = settings["help"].replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, **settings)
        names.append(name)
    return names


def _arguments(function: object) -> dict[str, str]:
    """Return what a docstring says of each argument, as far as it says so in one line."""
    lines = re.findall(r"^ *(\w+): (.+?)\.?$", inspect.getdoc(function) or "", re.MULTILINE)
    return dict(lines)


def _settings(annotation: Any) -> dict[str, Any] | None:
    """Return argparse's settings for a type; None for one that no command line can give."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return _settings(kinds[0]) if len(kinds) == 1 else None
    if annotation is bool:
        return {"action": "store_true"}
    if get_origin(annotation) is Literal:
        return {"choices": get_args(annotation)}
    if get_origin(annotation) is tuple:
        return {"type": get_args(annotation)[0], "nargs": "*", "metavar": "N"}
    return {"type": annotation, "metavar": "N"} if annotation in _SIMPLE else None
