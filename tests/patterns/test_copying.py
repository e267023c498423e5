"""A pattern copied into another project, as the README says: it imports, runs, and type-checks."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ROOT / "patterns"
STANDS_ALONE = {"basic", "reusable"}
QUICK = {
    "basic": ["--jobs", "3", "--seconds", "0"],
    "reusable": ["--jobs", "3", "--seconds", "0"],
    "generic": [],
    "error_handling": ["--jobs", "3", "--max-seconds", "0", "--failure-rate", "0"],
    "dynamic": ["--jobs", "3", "--seconds", "0"],
    "rate_limited": ["--jobs", "3", "--rate", "1000"],
    "heartbeat": ["--jobs", "3", "--seconds", "0", "--stuck", "--deadly"],
}


def siblings(name):
    """Return the modules beside it that a pattern imports, and those that these import."""
    tree = ast.parse((PATTERNS / f"{name}.py").read_text(encoding="utf-8"))
    sources = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 1]
    beside = {node.module for node in sources if "concurrency" not in (node.module or "")}
    return beside.union(*(siblings(each) for each in beside))


def copy_to(package, name):
    """Copy a pattern and what it needs into a package."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PATTERNS / "concurrency", package / "concurrency", ignore=ignore)
    for each in {name, *siblings(name)}:
        shutil.copy(PATTERNS / f"{each}.py", package)
    (package / "__init__.py").touch()


@pytest.fixture(params=QUICK)
def copied(request, tmp_path):
    """Copy a pattern to myapp/vendor/; return its name and where myapp is."""
    copy_to(tmp_path / "myapp" / "vendor", request.param)
    (tmp_path / "myapp" / "__init__.py").touch()
    return request.param, tmp_path


def python(*arguments, cwd):
    """Run Python with nothing but the standard library on its path; return what it prints."""
    command = [sys.executable, "-S", *arguments]
    done = subprocess.run(command, cwd=cwd, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_readme_says_what_a_pattern_needs_beside_it():
    needs = {name: siblings(name) for name in QUICK}
    assert {name for name in needs if not needs[name]} == STANDS_ALONE
    assert needs["dynamic"] == {"autoscaler", "reusable"}
    others = set(needs) - STANDS_ALONE - {"dynamic"}
    assert all(needs[name] == {"reusable"} for name in others)
    said = re.sub(r"\s+", " ", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert (
        "`basic` stands alone, `reusable` too, the others extend `reusable` "
        "(and `dynamic` needs `autoscaler`)"
    ) in said


def test_a_copy_runs_from_the_command_line_without_the_lab(copied):
    name, path = copied
    lines = python("-m", f"myapp.vendor.{name}", *QUICK[name], cwd=path).splitlines()
    jobs = 5 if name == "generic" else 3
    assert lines[-1] == (
        f"{jobs} submitted: {jobs} succeeded, 0 failed, 0 cancelled, 0 never started"
    )
    assert len(lines) == jobs + 1


def test_a_copy_says_what_its_options_are(copied):
    name, path = copied
    options = python("-m", f"myapp.vendor.{name}", "--help", cwd=path)
    assert options.startswith(f"usage: myapp.vendor.{name} ")
    assert "--timeout N" in options
    assert "seconds" in options
    assert "What it guarantees" not in options


def test_a_copy_imports_nothing_of_this_project(copied):
    name, path = copied
    code = (
        f"import sys, myapp.vendor.{name} as copy; copy.demo(); "
        "print({name.partition('.')[0] for name in sys.modules} & {'lab', 'patterns'})"
    )
    if name in ("basic", "heartbeat", "rate_limited"):
        code = code.replace("copy.demo(); ", "")  # takes seconds
    assert python("-c", code, cwd=path) == "set()\n"


def test_every_copy_passes_the_strict_type_checker(tmp_path):
    for name in QUICK:
        copy_to(tmp_path / f"with_{name}", name)
    packages = [f"--package=with_{name}" for name in QUICK]
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir=.cache", *packages]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success: no issues found"), done.stdout
