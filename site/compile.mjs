// node compile.mjs PYODIDE FOLDER: compile the Python in FOLDER by the Pyodide in PYODIDE.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
python.mountNodeFS("/folder", folder);
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf-8"));
