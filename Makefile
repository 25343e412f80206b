# Two commands for people: `make sample` builds a dataset from the bundled sample, `make test` proves the checkout.
# Both first set up what they need in .venv, install nothing elsewhere, and are quick the second time.

PYTHON ?= python3
# Optional parts, by comma: `make sample EXTRAS=documents,tokenizer`.
EXTRAS ?=
# `make lock` adds what pyproject.toml newly asks for; `make lock UPGRADE=--upgrade` renews every pin.
UPGRADE ?=

# Prefect stays on this machine and tells nobody; its embedded server gets time to start on a busy one.
export DO_NOT_TRACK = 1
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS = 120
# Another environment that happens to be active must not leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

comma := ,
ALL_EXTRAS := documents,postgres,tokenizer,dev
CORE := .venv/.has-core$(if $(EXTRAS),-$(subst $(comma),-,$(EXTRAS)))
EVERYTHING := .venv/.has-everything

.PHONY: sample test check setup format reference lock clean

sample: $(CORE)
	.venv/bin/tilth build

test: check
	.venv/bin/python -m pytest --cov

check: $(EVERYTHING)
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	.venv/bin/lint-imports
	.venv/bin/mypy

setup: $(EVERYTHING)

format: $(EVERYTHING)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# docs/reference/ and the schema of recipes, from what click and pydantic know; a test holds them up to date.
reference: $(EVERYTHING)
	.venv/bin/python -m flows.reference

lock: .venv/bin/uv
	.venv/bin/uv pip compile pyproject.toml --all-extras --group build --universal --python-version 3.11 $(UPGRADE) \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --output-file constraints.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage build *.egg-info

# uv checks each download against the hashes in the constraints. It does not read pip's settings: where only pip
# knows the way to an index, pip installs the whole pinned set instead, hashes checked too.
define install
	@echo "Installing Tilth$(1) into .venv, as pinned in constraints.txt"
	@.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --constraint constraints.txt \
		--build-constraint constraints.txt --only-binary :all: --editable '.$(1)' \
	|| { echo "uv could not install it: trying pip, with every extra"; \
		.venv/bin/python -m pip install -qq --only-binary :all: --require-hashes -r constraints.txt \
		&& .venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable . ; }
	@touch $@
endef

$(CORE): .venv/bin/uv pyproject.toml constraints.txt
	$(call install,$(if $(EXTRAS),[$(EXTRAS)]))

$(EVERYTHING): .venv/bin/uv pyproject.toml constraints.txt
	$(call install,[$(ALL_EXTRAS)])

.venv/bin/uv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Tilth needs Python 3.11 or later; $(PYTHON) is not. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) cannot make virtual environments. Install its venv module (Debian: apt install python3-venv), then run make again."; exit 1; }
	@.venv/bin/python -c '' 2>/dev/null || rm -rf .venv
	@$(PYTHON) -m venv .venv
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' constraints.txt > .venv/uv.txt
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@touch $@
