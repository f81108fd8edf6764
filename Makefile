# `make lab` to learn, `make quick` while you work, `make test` before a pull request. Needs Python 3.11 or newer, git and make.

VENV := .venv
BIN := $(VENV)/bin

# uv installs in seconds what pip installs in a minute, but nobody needs it.
UV := $(shell command -v uv 2>/dev/null)
install = $(if $(UV),uv pip install --python $1/bin/python,$1/bin/python -m pip install --disable-pip-version-check)
INSTALL = $(call install,$(VENV))

# The tools of the site have an environment of their own: the AWS CLI needs an older docutils than Sphinx.
SITE := $(VENV)/site
SPHINX = $(SITE)/bin/sphinx-build -n -W --keep-going -j 2 -q -c docs -d build/docs/doctrees

# Looked for only when the environment is made. `make lab PYTHON=/path/to/python3` overrides.
CANDIDATES = $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
new_enough = $(shell $1 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $1)
can_venv = $(if $(UV),$1,$(shell $1 -c 'import ensurepip' 2>/dev/null && echo $1))
FOUND = $(strip $(foreach p,$(CANDIDATES),$(call new_enough,$p)))
USABLE = $(firstword $(foreach p,$(FOUND),$(call can_venv,$p)))
NO_PYTHON = iamlab needs Python 3.11 or newer and found none among "$(CANDIDATES)": install one, or name it with PYTHON=/path/to/python3
NO_VENV = $(firstword $(FOUND)) cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt install python3-venv) and try again

# Debian's Chromium serves the browser tests; only root can install it.
BROWSER = $(shell for b in chromium chromium-browser google-chrome; do command -v $$b; done 2>/dev/null)
APT = $(shell [ "$$(id -u)" = 0 ] && command -v apt-get 2>/dev/null)

# What each run takes; pyproject.toml says what the markers mean. Tests that try random inputs run in
# make quick, and with more inputs in make test-all. loadgroup begins with the browser tests, in five
# groups; who is done runs the other tests while they wait for the browser. With thousands of tests
# loadgroup counts for half a minute what is left, and worksteal doesn't. make test-all looks into tests
# only: no example in a docstring is one of its tests.
PYTEST = $(BIN)/pytest -n 2 --dist worksteal
PYTEST_GROUPED = $(BIN)/pytest -n 3 --dist loadgroup
QUICK := not (browser or slow or speed)
NOW := $(QUICK) and not (chance or hypothesis)
LATER := (browser or slow or chance or hypothesis) and not speed

# Python keeps what it compiles, and pytest the tests that it rewrites: the next start is faster.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help lab quick test test-all docs links lite lite-full build bench soak peers clean chromium

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

lab: $(VENV)/.lab  ## open the first lesson in JupyterLab, or the map of the course
	@$(BIN)/iamlab lab notebooks

quick: $(VENV)/.test  ## run the tests of the folders that you changed, and of all folders above them
	@changed=$$($(BIN)/python -m tests.changed) || exit 1; \
	if [ -z "$$changed" ]; then echo "Nothing changed that a test knows."; \
	else $(PYTEST) -m "$(QUICK)" $$changed; fi

test: $(VENV)/.test  ## lint, check types and spelling, and run all tests but the long ones
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	@said=$$(mktemp); $(BIN)/mypy >$$said 2>&1 & types=$$!; \
	$(PYTEST) -m "$(NOW)"; tests=$$?; \
	wait $$types; types=$$?; cat $$said; rm -f $$said; \
	exit $$((tests ? tests : types))

test-all: $(VENV)/.test $(SITE)/.site chromium  ## run what make test leaves out: long inputs, more random tries, browser
	$(PYTEST_GROUPED) -m "$(LATER)" --hypothesis-profile=thorough tests

docs: $(VENV)/.test $(SITE)/.site chromium  ## build the site: all pages, the lessons as they look after a run, and a PDF
	$(BIN)/python scripts/make_site_source.py
	$(SPHINX) build/docs/source build/site
	$(BIN)/python scripts/make_course_pdf.py
	@echo "Open build/site/index.html, or serve the folder: $(BIN)/python -m http.server -d build/site"

links: docs  ## look up every page of others that the site links to
	$(SPHINX) -b linkcheck build/docs/source build/docs/links

lite: $(SITE)/.site  ## build the browser edition in build/site/lite, for a server of files; needs Node.js
	@$(SITE)/bin/python -m lite.make

lite-full: $(SITE)/.site  ## the same in build/site/lite-full, with packages that browsers load from another host
	@$(SITE)/bin/python -m lite.make --full

build: $(VENV)/.test  ## build the wheel and the source distribution into dist, and check them
	rm -f dist/iamlab-*
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/iamlab-*
	$(BIN)/check-wheel-contents dist/iamlab-*.whl

bench: $(VENV)/.test  ## measure the speed: of decisions beside moto's, in a table, and of all that has a limit
	@$(BIN)/python -m tests.benchmarks.bench
	$(BIN)/pytest -m speed -p no:randomly

soak: $(VENV)/.test  ## ask a million questions, draw all figures of 50 worlds, make 73,000 exam items; N=5000 FIGURES=5 ITEMS=9 SEED=7 makes fewer, and the same again
	@$(BIN)/python -m tests.soak $(if $(N),--questions $(N)) $(if $(FIGURES),--figures $(FIGURES)) $(if $(ITEMS),--items $(ITEMS)) $(if $(SEED),--seed $(SEED))

peers: $(VENV)/.test  ## show where moto decides otherwise than iamlab, and who is right
	@$(BIN)/python -m tests.peers.compare_with_moto

clean:  ## remove all that make has made; your progress in the lessons stays
	rm -rf $(VENV) build dist htmlcov .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# $(error) prints its one sentence and stops make.
$(VENV)/pyvenv.cfg:
	$(if $(FOUND),,$(error $(NO_PYTHON)))
	$(if $(USABLE),,$(error $(NO_VENV)))
	$(if $(UV),uv venv --seed --python $(USABLE) $(VENV),$(USABLE) -m venv $(VENV))

# A stamp file remembers what was installed; it is out of date when pyproject.toml is newer.
$(VENV)/.lab: pyproject.toml | $(VENV)/pyvenv.cfg
	$(INSTALL) -e ".[lab,clients]"
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/pyvenv.cfg
	$(INSTALL) -e ".[lab,clients,test]"
	@touch $@ $(VENV)/.lab

$(SITE)/.site: pyproject.toml | $(VENV)/pyvenv.cfg
	$(if $(UV),uv venv --seed --clear --python $(BIN)/python $(SITE),$(BIN)/python -m venv --clear $(SITE))
	$(call install,$(SITE)) -e ".[site]"
	@touch $@

# A failure here is no end: the browser tests then skip, or fail where CI=true.
chromium:
	-$(if $(BROWSER),,$(if $(APT),apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes chromium))
