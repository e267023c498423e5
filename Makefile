PYTHON ?= python3
LAB_ARGS ?=
BENCH_ARGS ?= --save
# One more than there are processors, since many tests wait for processes or for time to pass.
TEST_WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')
NOTEBOOKS ?=
TESTS = tests --ignore tests/browser --ignore tests/classroom
AXE = build/axe/package/axe.min.js
PYODIDE = build/site/node_modules/pyodide
PYODIDE_VERSION = $(shell sed -n 's/^pyodide = "\(.*\)"/\1/p' site/config.toml)
SITE_BUILT = build/site/built
SITE_FROM = $(shell find images lab notebooks patterns pyproject.toml README.md site tools -type f \
	-not -path '*/.*' -not -path '*/__pycache__/*')
TAB = build/site/tab
TAB_NEEDS = anyio|anywidget|greenlet|hypothesis|ipykernel|ipywidgets|nbclient|nbformat|pytest|pytest-xdist|tqdm
# In their own order: reordered, the few slow files would come last, and all but one process be idle.
IN_PARALLEL = -n $(TEST_WORKERS) --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

VENV := .venv
# Named after the interpreter, so that another PYTHON builds another environment.
READY := $(VENV)/.made-by-$(subst /,_,$(PYTHON))

# Every test process and every notebook's kernel would compile all code once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lab types check test axe test-browser test-site test-tab-pictures test-binder test-classroom \
	site serve-site slides coverage bench notebooks clean

help:  ## List what make can do.
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

lab: $(READY)  ## Open the workbook in JupyterLab (LAB_ARGS='--no-browser --port 8899').
	$(VENV)/bin/jupyter lab --ServerApp.root_dir='$(CURDIR)' \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_ARGS)

types: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell
	@# Side by side: each has a cache of its own and uses one processor.
	$(VENV)/bin/mypy --config-file tests/mypy.ini --cache-dir .mypy_cache/tests tests & \
		$(VENV)/bin/mypy && wait $$!

check: types  ## The quick gate: style, spelling, types, tests; no notebooks.
	$(VENV)/bin/pytest $(TESTS) $(IN_PARALLEL)

test: types  ## Check everything: as `make check`, and every notebook's output.
	$(VENV)/bin/pytest $(TESTS) notebooks $(IN_PARALLEL) \
		--nbval --nbval-current-env --nbval-cell-timeout 60 \
		--nbval-sanitize-with tests/nbval_sanitize.cfg

axe: $(READY)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt
	@test -e $(AXE) || ! command -v npm >/dev/null || { mkdir -p build/axe && cd build/axe && \
		npm pack --silent axe-core@4.14.1 >/dev/null && tar xzf axe-core-4.14.1.tgz; } || \
		echo "axe-core cannot be had: its tests are skipped" >&2

test-browser: axe  ## Drive the player in chromium, if there is one (and look with axe, given npm).
	$(VENV)/bin/pytest tests/browser/test_player_page.py tests/browser/test_picture_page.py -rs

$(PYODIDE):
	@mkdir -p build/site
	npm install --silent --no-audit --no-fund --prefix build/site pyodide@$(PYODIDE_VERSION)

test-site: axe $(if $(shell command -v npm),test-tab-pictures)  ## Run every lesson in chromium by Pyodide, and the site that make site builds (needs npm).
	@$(MAKE) --no-print-directory $(SITE_BUILT) || \
		echo "the site cannot be built: its tests are skipped" >&2
	$(VENV)/bin/pytest tests/browser/test_pyodide.py tests/browser/test_built_site.py -rsP \
		-o faulthandler_timeout=300  # a lesson takes its time there

# Pyodide's matplotlib is not on npm: that of the same version, here, draws what a tab would.
test-tab-pictures: $(PYODIDE)
	$(PYTHON) -m venv $(TAB)
	grep -E '^($(TAB_NEEDS))==' requirements.txt > $(TAB)/requirements.txt
	$(PYTHON) -c 'import json; packages = json.load(open("$(PYODIDE)/pyodide-lock.json"))["packages"]; \
		print(*(n + "==" + packages[n]["version"] for n in ("matplotlib", "numpy", "pillow")), sep="\n")' \
		>> $(TAB)/requirements.txt
	$(TAB)/bin/pip install --quiet --disable-pip-version-check -r $(TAB)/requirements.txt
	PYTHONPATH=. $(TAB)/bin/python -m pytest tests/plots $(IN_PARALLEL)

test-binder:  ## Install what Binder does, in an environment of its own, and run a lesson there.
	$(PYTHON) -m venv --clear build/binder
	build/binder/bin/pip install --quiet --disable-pip-version-check -r binder/requirements.txt
	@# What Binder's image brings to run notebooks.
	build/binder/bin/pip install --quiet --disable-pip-version-check ipykernel nbclient ipywidgets
	build/binder/bin/pip check
	build/binder/bin/jupyter execute --kernel_name=python3 notebooks/01_basic.ipynb
	@if command -v repo2docker >/dev/null; then \
		repo2docker --no-build . >/dev/null 2>&1 && echo "repo2docker takes these files"; else \
		echo "repo2docker is not installed: whether it takes these files is not tried"; fi

test-classroom: $(READY)  ## Grade a class of thirty, with nbgrader and without (ten minutes).
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r teaching/requirements.txt
	$(VENV)/bin/pytest tests/classroom -rs -o faulthandler_timeout=1800  # thirty, one after another

$(SITE_BUILT): $(SITE_FROM)
	$(MAKE) --no-print-directory site

site: $(READY) $(PYODIDE)  ## Build the site: lessons to read, and the lab in the browser (needs npm).
	$(PYTHON) -m venv build/site/venv
	build/site/venv/bin/pip install --quiet --disable-pip-version-check -r site/requirements.txt
	$(VENV)/bin/python -m tools.site
	@touch $(SITE_BUILT)

serve-site:  ## Show the site at http://127.0.0.1:8898.
	$(PYTHON) -m http.server --bind 127.0.0.1 --directory _site 8898

slides: $(READY)  ## Make the slides of the lecture, build/slides/index.html.
	$(VENV)/bin/python -m tools.slides

coverage: $(READY)  ## Measure which lines the tests run; writes htmlcov/.
	$(VENV)/bin/coverage erase
	$(VENV)/bin/coverage run -m pytest $(TESTS) -m "not untraced"
	$(VENV)/bin/coverage html --quiet
	$(VENV)/bin/coverage report --skip-covered --sort=cover

bench: $(READY)  ## Measure the pool and its peers here (BENCH_ARGS=--quick; --save writes the page).
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(VENV)/bin/python -m benchmarks $(BENCH_ARGS)

notebooks: $(READY)  ## Run notebooks and store what they show (NOTEBOOKS='notebooks/01_basic.ipynb').
	$(VENV)/bin/ruff format --quiet notebooks
	$(VENV)/bin/python -m tools.execute_notebooks $(NOTEBOOKS)

clean:  ## Remove the environment and what the tools left behind.
	rm -rf $(VENV) _site build *.egg-info htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +

$(READY): requirements.txt tests/requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
		{ echo "There is no $(PYTHON) here: make test PYTHON=/path/to/python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is older: make test PYTHON=python3.12"; exit 1; } >&2
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt
	@touch $@
