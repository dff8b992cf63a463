# `make demo` shows the project, `make test` proves it. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# uv brings the Python side, Go and kubectl included; where the machine has none, tools/uv.sh fetches it into the cache.
UV := ./tools/uv
RUN := $(UV) run --quiet --locked
CLUSTER := $(RUN) python -m cluster

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: demo
demo: ## everything: engine, kind cluster, images, operator, samples/votingapp.yaml, and the two URLs
	@$(CLUSTER) demo

.PHONY: up
up: ## the cluster with all images and the operator, without a VotingApp
	@$(CLUSTER) up
	@$(CLUSTER) deploy

.PHONY: down
down: ## remove the cluster
	@$(CLUSTER) down

.PHONY: run
run: ## the operator on this machine instead of in the cluster, stopped by Ctrl-C
	@$(CLUSTER) run-operator

.PHONY: test
test: lint test-unit test-app up test-cluster test-e2e ## all tests

.PHONY: lint
lint: ## ruff, mypy and the layers
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy operator/votingapp_operator cluster tests
	$(RUN) lint-imports

.PHONY: test-unit
test-unit: ## pure functions, in milliseconds
	$(RUN) pytest tests/unit --cov=votingapp_operator --cov-report=term

.PHONY: test-app
test-app: test-vote test-worker test-result ## the three services, each against its real engines

.PHONY: test-vote
test-vote: packages
	cd app/vote && ../../$(UV) run --locked ruff check && ../../$(UV) run --locked mypy && ../../$(UV) run --locked pytest -q

.PHONY: test-worker
test-worker: packages
	cd app/worker && $(GO) vet ./... && $(GO) test ./...

.PHONY: test-result
test-result: packages
	cd app/result && npm ci --silent && npm run --silent lint && npm test --silent

.PHONY: test-cluster
test-cluster: ## the operator's promises, on the real cluster
	$(RUN) pytest tests/cluster -n 4 --dist worksteal

.PHONY: test-e2e
test-e2e: packages ## votes through faults, and a browser, on the real cluster
	$(RUN) pytest tests/e2e

.PHONY: bench-app
bench-app: up ## throughput of vote and worker beside their engines' own
	$(RUN) python -m tests.bench.app

.PHONY: crds
crds: ## make crds/ from the types
	$(RUN) python -m votingapp_operator crd > crds/votingapps.voting.schoolofdevops.com.yaml
