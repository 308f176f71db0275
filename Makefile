# Every step of working on the portal. Needs Python 3.11, make and, for the browser tests, Debian's apt-get.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
endif

BIN := .venv/bin
# A stamp is named after what it stands for: when the locked requirements change, it is no longer there.
RUN_STAMP := .venv/.run-$(shell cksum < requirements.txt | tr ' ' -)
DEV_STAMP := .venv/.dev-$(shell cksum < requirements-dev.txt | tr ' ' -)
# Every file that is installed is one whose hash is locked, also those that build what comes as source.
PIP := $(BIN)/python -m pip --disable-pip-version-check
HASHED := --quiet --require-hashes --no-build-isolation
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup

.PHONY: help run check test test-long bench screenshots audit fix lock translations settings wheelhouse dev browser

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## install what the portal needs, start it with the demonstration province, say where to open it
	@exec $(BIN)/flask --app wsgi portal start

check: dev ## style, types, order of imports, templates, and that no migration is missing
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint templates --lint --quiet
	rm -rf build/check
	export PORTAL_INSTANCE=build/check PORTAL_DATABASE_URL=; \
		$(BIN)/flask --app wsgi db upgrade && $(BIN)/flask --app wsgi db check

test: check browser ## check, then all tests on both databases and in Chromium
	$(PYTEST)

test-long: dev browser ## all tests with the long runs at their full size
	$(PYTEST) --full-size

bench: dev ## speed, as ratios within one run, into docs/performance.md
	$(BIN)/python -m tests.bench $(if $(SIZES),--sizes $(SIZES))

.PHONY: bench-quick
bench-quick: dev ## the same with fewer rounds of fewer parts, printed alone
	$(BIN)/python -m tests.bench --quick

audit: dev ## known holes in the locked libraries; needs a package index that answers such questions
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.txt

screenshots: dev browser ## the twelve main pages, at both sizes, light and dark, into screenshots/ (not kept by git)
	$(BIN)/python -m pytest -n 2 tests/browser/pictures.py

fix: dev ## mend what ruff can mend
	$(BIN)/ruff check --fix .

lock: build/lock/bin/uv ## lock requirements*.in, with hashes, to the newest releases that fit together
	for name in requirements requirements-dev requirements-build; do \
		build/lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
			--custom-compile-command 'make lock' $$name.in -o $$name.txt; done

translations: dev ## gather the texts of code and templates into portal/translations
	mkdir -p build
	$(BIN)/pybabel -q extract --no-wrap -F pyproject.toml -k lazy_gettext -k lazy_ngettext:1,2 --add-location file --sort-by-file \
		--project duijie --version '' --copyright-holder '' --msgid-bugs-address '' -o build/messages.pot portal templates
	$(BIN)/pybabel -q update --no-wrap -i build/messages.pot -d portal/translations -l zh_Hans_CN --init-missing \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

settings: $(RUN_STAMP) ## write docs/settings.md from the code
	@mkdir -p build
	$(BIN)/flask --app wsgi portal settings > build/settings.md
	mv build/settings.md docs/settings.md

wheelhouse: .venv/bin/python ## every locked library, checked against its hash, into build/wheelhouse, to install without an index
	rm -rf build/wheelhouse
	$(PIP) install $(HASHED) -r requirements-build.txt
	$(PIP) download $(HASHED) -r requirements-build.txt -d build/wheelhouse
	$(PIP) download $(HASHED) -r requirements.txt -d build/wheelhouse

dev: $(DEV_STAMP)

browser: # Chromium and a Chinese font
	@tests/install.sh

.venv/.run-%: requirements.txt | .venv/bin/python
	$(PIP) install $(HASHED) -r requirements-build.txt
	$(PIP) install $(HASHED) -r requirements.txt
	@rm -f .venv/.run-* && touch $@

.venv/.dev-%: requirements-dev.txt | .venv/bin/python
	$(PIP) install $(HASHED) -r requirements-build.txt
	$(PIP) install $(HASHED) -r requirements-dev.txt
	@rm -f .venv/.dev-* && touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it, or name one with make PYTHON=…' >&2; exit 1; }
	$(PYTHON) -m venv .venv

build/lock/bin/uv:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it, or name one with make PYTHON=…' >&2; exit 1; }
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv

.PHONY: bench-peers
bench-peers: dev build/peers/bin/django-admin ## ours beside django-helpdesk, filled with the same work and asked in turn
	$(BIN)/python -m tests.bench.peers

# In an environment of its own. What draws its forms asks for an old Django, and runs with the new one.
build/peers/bin/django-admin:
	$(PYTHON) -m venv build/peers
	build/peers/bin/pip install --quiet 'django-helpdesk==2.6.1' 'gunicorn==27.0.1' 'psycopg[binary]==3.3.9' tzdata packaging
	build/peers/bin/pip install --quiet --no-deps 'django-bootstrap5-form==5.0.2'
