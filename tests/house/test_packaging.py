"""What is installed, here and on Binder, and what importing a pattern loads."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, TOOLS = PYPROJECT["project"], PYPROJECT["tool"]


def requirement_lines(file):
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    stripped = [re.sub(r"\s*#.*", "", line) for line in lines]
    return [line for line in stripped if line]


def loaded_by(statements):
    """Return the top-level packages that running `statements` loads in a new interpreter."""
    code = (
        f"import sys; before = set(sys.modules); {statements}; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    return set(output.splitlines()[-1].split())


def test_requirements_pin_every_package_to_one_version():
    first, *others = requirement_lines("requirements.txt")
    assert first == "-e ."
    assert [line for line in others if not re.fullmatch(r"[\w-]+==[\w.]+", line)] == []


def test_requirements_fit_what_the_package_asks_for():
    pins = dict(line.split("==") for line in requirement_lines("requirements.txt")[1:])
    asked = map(Requirement, PROJECT["optional-dependencies"]["lab"])
    for requirement in asked:
        assert requirement.specifier.contains(pins[requirement.name]), requirement


def test_the_patterns_alone_depend_on_nothing():
    assert PROJECT["dependencies"] == []


def test_importing_a_pattern_loads_no_lab_and_no_command_line():
    heavy = {"matplotlib", "numpy", "greenlet", "asyncio", "argparse"}
    assert loaded_by("import patterns.basic") & heavy == set()


def test_running_a_pattern_on_threads_needs_nothing_but_python():
    run = "from patterns import basic; basic.demo(jobs=3, seconds=0)"
    assert loaded_by(run) & {"matplotlib", "numpy", "greenlet"} == set()


def test_importing_the_package_loads_nothing_else():
    assert loaded_by("import patterns") == {"patterns"}


def test_binder_installs_the_package_and_what_the_lab_needs_in_the_same_versions():
    lean = requirement_lines("binder/requirements.txt")
    assert set(lean) <= set(requirement_lines("requirements.txt"))
    needed = {Requirement(line).name for line in PROJECT["optional-dependencies"]["lab"]}
    pinned = {line.partition("==")[0] for line in lean if "==" in line}
    assert pinned == needed | {"pillow"}


def test_binder_keeps_the_jupyter_of_its_image():
    names = " ".join(requirement_lines("binder/requirements.txt"))
    assert not re.search(r"jupyter|ipykernel|ipywidgets|notebook", names)


def test_binder_has_a_python_that_the_package_runs_on():
    [runtime] = requirement_lines("binder/runtime.txt")
    version = runtime.removeprefix("python-")
    assert version == "3.12"
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def _is_module(file):
    return file.suffix == ".py" and (file.parent / "__init__.py").exists()


def test_files_beside_the_code_are_installed_with_it():
    declared = TOOLS["setuptools"]["package-data"]
    installed = {
        file
        for package, patterns in declared.items()
        for pattern in patterns
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    there = {
        file
        for folder in ("lab", "patterns")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix != ".pyc" and not _is_module(file)
    }
    assert there == installed
