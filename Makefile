# `make demo` shows the project, `make test` proves it. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# uv brings the Python side, Go and kubectl included; where the machine has none, tools/uv fetches it into the cache.
UV := $(CURDIR)/tools/uv
RUN := $(UV) run --quiet --locked
WITH_TOOLS := $(UV) run --quiet --locked --project $(CURDIR) --
CLUSTER := $(RUN) python -m cluster

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

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

.PHONY: purge
purge: ## remove the cluster, its images and all caches
	@$(CLUSTER) down --purge

.PHONY: status
status: ## what is there
	@$(CLUSTER) status

.PHONY: env
env: ## lines for a shell to eval, that point kubectl at the cluster
	@$(CLUSTER) env

.PHONY: run
run: ## the operator on this machine instead of in the cluster, until Ctrl-C
	@$(CLUSTER) run

.PHONY: addons
addons: up ## metrics-server, KEDA, VPA, a Gateway, Prometheus; ADDONS="keda vpa" for some (docs/addons.md)
	@$(CLUSTER) addons $(ADDONS)

.PHONY: test
test: lint test-unit test-monitoring test-app up test-cluster test-e2e ## all tests but the faults'

.PHONY: lint
lint: ## ruff, mypy and the layers
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy operator/votingapp_operator cluster tests
	$(RUN) lint-imports

.PHONY: test-unit
test-unit: ## pure functions, and thousands of generated specs
	$(RUN) pytest tests/unit -q -n 2 --cov=votingapp_operator.api --cov=votingapp_operator.desired \
	  --cov=votingapp_operator.health --cov-branch --cov-report=term --cov-fail-under=95

.PHONY: test-monitoring
test-monitoring: ## alert rules and dashboard, read by Prometheus' own tool
	@tools/packages promtool=prometheus
	$(RUN) pytest tests/monitoring -q

.PHONY: test-app
test-app: test-vote test-worker test-result ## the three services, each against real engines

# Toolchains come with uv (Go and Node.js are wheels); engines and the browser are the distribution's.
.PHONY: test-vote
test-vote:
	@tools/packages redis-server=redis-server
	cd app/vote && $(UV) run --quiet --locked ruff check
	cd app/vote && $(UV) run --quiet --locked mypy vote tests
	cd app/vote && $(UV) run --quiet --locked pytest -q

.PHONY: test-worker
test-worker:
	@tools/packages redis-server=redis-server '/usr/lib/postgresql/*/bin/postgres=postgresql'
	cd app/worker && $(WITH_TOOLS) go vet ./...
	cd app/worker && $(WITH_TOOLS) go test ./...

.PHONY: test-result
test-result:
	@tools/packages '/usr/lib/postgresql/*/bin/postgres=postgresql'
	cd app/result && $(WITH_TOOLS) npm ci --silent --no-fund --no-audit
	cd app/result && $(WITH_TOOLS) npm run --silent lint
	cd app/result && $(WITH_TOOLS) npm test --silent

.PHONY: test-cluster
test-cluster: ## the operator's promises, on the real cluster
	$(RUN) pytest tests/cluster -q -m 'not alone' -n 3 --dist worksteal
	$(RUN) pytest tests/cluster -q -m alone

.PHONY: test-faults
test-faults: up ## a sick API server, operators killed at any write, two replicas; the cluster's own operator is away meanwhile
	$(CLUSTER) without-operator $(RUN) pytest tests/faults -q -m 'not alone' -n 3 --dist worksteal
	$(CLUSTER) without-operator $(RUN) pytest tests/faults -q -m alone

.PHONY: test-e2e
test-e2e: ## votes through faults, and a browser, on the real cluster
	@tools/packages /usr/bin/chromium=chromium
	$(RUN) pytest tests/e2e -q

.PHONY: test-addons
test-addons: addons ## what needs the add-ons, on the real cluster
	$(RUN) pytest tests/addons -q

.PHONY: bench-app
bench-app: up ## throughput of vote and worker, beside their engines' own
	@tools/packages wrk=wrk
	$(RUN) python -m tests.bench.app

.PHONY: bench
bench: up ## 10, 100 and 1,000 VotingApps on fake nodes, beside a bare client
	$(RUN) python -m tests.bench.fleet

.PHONY: crds
crds: ## make crds/ from the API types
	$(RUN) python -m votingapp_operator crd > crds/votingapps.voting.schoolofdevops.com.yaml
