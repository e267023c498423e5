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

__all__ = ["Parser", "add_options", "main", "parser_of", "say", "status"]

Demo = Callable[..., Report[Any, Any]]
_INTERRUPTED: Final = 130
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

    That is 0; 2 for a wrong value, with one line on standard error; 130 after Ctrl-C.
    """
    try:
        lab = importlib.import_module("lab.command")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "lab":
            raise
    else:
        lab_status: int = lab.main(demo, argv)
        return lab_status
    parser = parser_of(demo)
    names = add_options(parser, demo)

    def run(options: argparse.Namespace) -> None:
        print(demo(**{name: getattr(options, name) for name in names}, on_result=say))

    return status(parser, argv, run)


def parser_of(demo: Demo) -> Parser:
    """Return a parser with the name of the demo's module, and the first sentence about it."""
    module = inspect.getmodule(demo)
    spec = getattr(module, "__spec__", None)
    first = (inspect.getdoc(module) or "").partition("\n\n")[0]
    return Parser(spec.name if spec else demo.__module__, description=first, allow_abbrev=False)


def status(
    parser: Parser, argv: Sequence[str] | None, run: Callable[[argparse.Namespace], object]
) -> int:
    """Call `run` with the options in `argv`; return the exit status, as `main` does."""
    options = parser.parse_args(argv)
    try:
        run(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt as interrupt:  # a pool says how far it came
        said = interrupt.args[0] if interrupt.args else "interrupted"
        print(f"{parser.prog}: {said}", file=sys.stderr)
        return _INTERRUPTED
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
    meanings = (
        _SHARED | _arguments(getattr(inspect.getmodule(demo), "run", None)) | _arguments(demo)
    )
    names = []
    for name, parameter in inspect.signature(demo, eval_str=True).parameters.items():
        settings = _settings(parameter.annotation)
        if settings is None:
            continue
        default = parameter.default
        if default is not None and default is not False:
            shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
            settings["help"] = f"(default: {shown})"
        settings["help"] = f"{meanings.get(name, name)} {settings.get('help', '')}".rstrip()
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
