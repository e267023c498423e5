"""Run notebooks in place and store what they show: `make notebooks`.

What differs from run to run or between Python versions without meaning anything (execution times,
the interpreter's version, widget state) is left out, so that a diff shows a change in the outputs.
"""

import argparse
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_SECONDS = 60
KEPT = ("tags", "nbgrader")  # of a cell's metadata
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def find_notebooks(folder: Path) -> list[Path]:
    """Return every notebook under `folder`, in order, without Jupyter's own checkpoints."""
    return sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def execute(path: Path) -> None:
    """Run one notebook in its own folder and write it back.

    Raises CellExecutionError when a cell fails; the file is then left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,
    )
    client.execute()
    nbformat.write(normalised(notebook), path)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with only what a reader sees: sources, tags, outputs, what nbgrader needs."""
    copy = deepcopy(notebook)
    copy.metadata = nbformat.from_dict(
        {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    )
    for cell in copy.cells:
        tags = cell.metadata.get("tags")
        kept = {name: cell.metadata[name] for name in KEPT if cell.metadata.get(name)}
        cell.metadata = nbformat.from_dict(kept)
        # A stored widget has no kernel behind it: it shows an error until the cell is run.
        if cell.cell_type == "code":
            cell.outputs = [] if "widget" in (tags or ()) else [*map(_without_view, cell.outputs)]
    return copy


def _without_view(output: NotebookNode) -> NotebookNode:
    """Take the widget from an output that shows a picture in its place."""
    output.get("data", {}).pop(WIDGET_VIEW, None)
    return output


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the notebooks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="Run notebooks in place.")
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    chosen = parser.parse_args(None if arguments is None else list(arguments)).notebooks
    for path in chosen or find_notebooks(ROOT / "notebooks"):
        print(path, flush=True)
        try:
            execute(path)
        except CellExecutionError as error:
            print(error)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
