# `make` shows what there is. Everything it makes lies in .venv/, .windlass/ and one cache folder.
PYTHON ?= python3
STACK ?= local
BASE ?= origin/main
RUN = . .windlass/env && exec
PROVIDER = v$(shell sed -n 's/^pulumi-azure-native==//p' requirements.in)
ON_PATH = export PATH="$(CURDIR)/.windlass/bin:$(CURDIR)/.venv/bin:$$PATH"
# PULUMI_STACK tells recover.py which stack a process served whose engine was killed.
# The local stack needs the local Azure and its own settings; any other stack takes those of the caller.
ifeq ($(STACK),local)
IN_STACK = export PULUMI_STACK=$(STACK) && . .windlass/env && .venv/bin/python scripts/local.py start && . .windlass/env
else
IN_STACK = export PULUMI_STACK=$(STACK) && $(ON_PATH)
endif
# What every stack is held to: docs/reference/policies.md.
POLICY = --policy-pack infra/policy
.DEFAULT_GOAL := help
.PHONY: help setup check test test-all demo local-up local-down preview up destroy rehearse compare clean lock azure-provider

help: ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make this checkout ready (once; a few minutes)
	@$(PYTHON) tools/setup

demo: setup ## provision, deploy, roll over and score on the local Azure
	@export PYTHONPATH=tools; $(RUN) .venv/bin/python -m demo

test: check ## every check and every test, the real engine included
	@$(RUN) .venv/bin/python -m pytest

test-all: check ## what `make test` runs, and the tests that take long by their nature
	@$(RUN) .venv/bin/python -m pytest -m "slow or not slow"

check: setup ## format, lint, types, layers, workflows, generated files
	@$(RUN) .venv/bin/python tools/check.py

local-up: setup ## start the local Azure
	@$(RUN) .venv/bin/python scripts/local.py start

local-down: setup ## stop the local Azure; its state stays
	@$(RUN) .venv/bin/python scripts/local.py stop

preview: setup ## show what `up` would change (STACK=local)
	@$(IN_STACK) && pulumi preview --stack $(STACK) $(POLICY)

up: setup ## provision the stack (STACK=local)
	@$(IN_STACK) && pulumi up --stack $(STACK) $(POLICY) $(if $(filter local,$(STACK)),--yes)

destroy: setup ## remove the stack and purge what Azure would keep (STACK=local)
	@$(IN_STACK) && python scripts/teardown.py --stack $(STACK) $(if $(filter local,$(STACK)),--yes)

rehearse: setup ## try a stack on a local Azure of its own: preview, up, up, refresh, destroy, up (STACK=local)
	@.venv/bin/python scripts/rehearse.py --stack $(STACK) --life

azure-provider: setup ## install the real provider, for stacks on Azure
	@$(ON_PATH) && pulumi plugin install resource azure-native $(PROVIDER)

compare: setup ## show what the checkout changes in every stack since BASE, on the local Azure (BASE=origin/main)
	@rm -rf .windlass/compared
	@for stack in $$(.venv/bin/python scripts/stacks.py --on local); do \
	  .venv/bin/python scripts/rehearse.py --stack $$stack --against $(BASE) --save .windlass/compared || true; done
	@.venv/bin/python scripts/report.py .windlass/compared --advise --write-full .windlass/compared/report.md \
	  --expect "$$(.venv/bin/python scripts/stacks.py --on local | paste -sd, -)"

clean: ## remove what was made in this checkout (the cache folder stays)
	@if [ -x .venv/bin/python ] && [ -d .windlass/azure ]; then .venv/bin/python -m windlass_emulator stop --data .windlass/azure; fi
	@rm -rf .venv .windlass .mypy_cache .ruff_cache .hypothesis .import_linter_cache

lock: setup ## compile requirements.in into requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header requirements.in --output-file requirements.lock
