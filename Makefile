# Two commands: `make run` and `make test`. Each makes what it needs.
PYTHON ?= python3
BIN := .venv/bin
AGENTS := $(or $(OPTIMIZE_RUN_AGENTS),/var/tmp/optimize-run-agents)
CODEX := 0.169.0
CLAUDE := 2.1.197

.PHONY: run test check slow audit agents lock clean help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: .venv/ready  ## optimize the built-in target with the offline engine: no key, no network, under ten minutes
	$(BIN)/optimize-run microgpt --strategy openevolve --model offline

test: .venv/ready  ## the tests, offline
	$(BIN)/python -m pytest

check: .venv/ready  ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

slow: .venv/ready  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

audit: .venv/ready  ## cheats and honest programs through the judge: a quarter of an hour
	$(BIN)/optimize-run audit

agents:  ## the Codex and Claude Code CLIs, for the tests that run them: needs npm; lands outside the tree
	npm install --no-fund --no-audit --prefix $(AGENTS) @openai/codex@$(CODEX) @anthropic-ai/claude-code@$(CLAUDE)
	chmod -R a+rX $(AGENTS)

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "the venv module is missing: on Debian and Ubuntu, install python3-venv"; exit 1; }
	@echo "installing into .venv (about half a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:  ## resolve the dependencies again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --group dev -o requirements.lock pyproject.toml

clean:  ## forget the environment and the caches (runs are kept)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
