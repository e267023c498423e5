"""The README says what is there, and nothing else."""

import re
from pathlib import Path

from notebook_rules import Page, dead_links

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[`(\w+)`\]\((\S+)\) \| \[[^\]]+\]\((\S+)\) \| \[[^\]]+\]\((\S+)\) \|", re.M)
ROWS = ROW.findall(README)
NOT_PATTERNS = {"autoscaler", "pitfalls"}
MODULES = {p.stem for p in (ROOT / "patterns").glob("*.py") if not p.stem.startswith("_")}


def test_the_table_has_every_pattern_once_and_no_other():
    assert sorted(pattern for pattern, *_ in ROWS) == sorted(MODULES - NOT_PATTERNS)


def test_a_module_that_is_no_pattern_is_linked_too_and_has_tests():
    links = Page.of(README).links
    for module in MODULES & NOT_PATTERNS:
        assert f"patterns/{module}.py" in links
        assert (ROOT / "tests" / "patterns" / f"test_{module}.py").is_file()


def test_every_row_of_the_table_is_understood():
    table = [line for line in README.splitlines() if line.startswith("| [")]
    assert len(table) == len(ROWS) > 0


def test_a_pattern_and_its_notebook_and_its_tests_have_the_same_stem():
    for pattern, module, notebook, tests in ROWS:
        assert module == f"patterns/{pattern}.py"
        assert re.fullmatch(rf"notebooks/\d\d_{pattern}\.ipynb", notebook)
        assert tests == f"tests/patterns/test_{pattern}.py"


def test_every_notebook_is_linked():
    linked = {link for link in Page.of(README).links if link.endswith(".ipynb") and ":" not in link}
    there = {str(p.relative_to(ROOT)) for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert linked == there


def test_every_relative_link_and_image_leads_somewhere():
    page = Page.of(README)
    targets = [*page.links, *(image["src"] for image in page.images)]
    assert list(dead_links(targets, ROOT, ROOT)) == []


def test_every_image_has_an_alternative_text():
    assert all(image["alt"].strip() for image in Page.of(README).images)


def test_every_make_target_it_names_is_in_the_makefile():
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[ `)]|$)", README, re.M))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert named <= targets


def test_every_folder_it_names_is_there():
    named = re.findall(r"^([\w/]+)/ {2,}\S", README, re.M)
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []
    assert len(named) > 0


def test_its_python_does_what_it_says(capsys):
    first, second = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(first)
    assert capsys.readouterr().out.startswith("[")
    exec(second)
    [said] = re.findall(r"^# (.*)$", second, re.M)
    assert capsys.readouterr().out.splitlines()[0] == said


def test_what_a_job_costs_is_what_the_benchmark_said():
    rows = [
        line for line in README.splitlines() if re.match(r"\| [\w.]+ ?[\w.()]* \| +[\d-]", line)
    ]
    results = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8").splitlines()
    assert len(rows) >= 10
    assert [row for row in rows if row not in results] == []
