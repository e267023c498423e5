"""Compile wheels and the standard library, so that a browser need not: run in Pyodide.

Compiling took a browser two fifths of the time until the first cell was run. Sources stay only
where they are shown, as bytecode and sources together would be twice as much to load.
"""

import importlib.util
import warnings
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from sys import implementation, version_info

FOLDER = Path("/folder")
SHOWN = "worker_pool_workbook-"  # the wheel of the project


def compile_archive(path: Path, place: str) -> None:
    """Compile all modules in a zip file; `place` is where they will be imported from."""
    shown = path.name.startswith(SHOWN)
    with zipfile.ZipFile(path) as archive:
        files = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for info, data in files:
            bytecode = compiled(data, place + info.filename)
            if bytecode is None or shown:
                archive.writestr(info, data)
            if bytecode is not None:
                name = cached(info.filename) if shown else info.filename + "c"
                made = zipfile.ZipInfo(name, info.date_time)
                archive.writestr(made, bytecode, zipfile.ZIP_DEFLATED)


def compiled(source: bytes, filename: str) -> bytes | None:
    """Return the bytecode that is valid whatever became of the source; None for no module."""
    if not filename.endswith(".py"):
        return None
    try:
        code = compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # tests of how errors are handled, in some packages
        return None
    return bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def cached(name: str) -> str:
    """Return where Python looks for the bytecode of a source."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}__pycache__/{file[:-3]}.{implementation.cache_tag}.pyc"


warnings.simplefilter("ignore", SyntaxWarning)
major, minor, *_ = version_info
for wheel in FOLDER.glob("*.whl"):
    compile_archive(wheel, f"/lib/python{major}.{minor}/site-packages/")
compile_archive(FOLDER / "python_stdlib.zip", f"/lib/python{major}{minor}.zip/")
