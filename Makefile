PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV := uv==0.13.9

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench update lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## compile every spec, play one task of one world over MCP, print its verdict
	$(BIN)/awmc compile specs/*.awm
	$(BIN)/python demo/play.py

test: $(READY) ## run the tests
	$(BIN)/pytest -n 2

lint: $(READY) ## ruff, black on what is generated, awmc fmt on specs, mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/black --check --quiet build
	$(BIN)/awmc fmt --check specs
	$(BIN)/mypy awmc build

bench: $(READY) ## measure speed and size
	$(BIN)/python -m bench

update: $(READY) ## format and recompile every spec, prove its tasks, and rewrite the golden files
	$(BIN)/awmc fmt specs
	$(BIN)/awmc compile specs/*.awm
	$(BIN)/awmc prove
	$(BIN)/pytest -n 2 --update

lock: ## renew requirements.lock: every extra, every platform, newest releases that pyproject.toml allows
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/pip install --quiet $(UV)
	.cache/lock/bin/uv pip compile --upgrade --universal --python-version 3.11 --all-extras --generate-hashes \
		--quiet --no-emit-package awmc --custom-compile-command 'make lock' --output-file requirements.lock pyproject.toml

clean: ## remove caches and built packages (the environment .venv stays)
	rm -rf tests/clients/node_modules .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

# Once per lock: the stamp is newer than what it was made from.
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
