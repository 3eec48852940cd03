# Everything a contributor or a CI job runs. The tools come from test/tools, the
# control plane for the tests from test/cluster; both are built from Go modules
# on first use and cached.

SHELL := /usr/bin/env bash -o pipefail
.DEFAULT_GOAL := help

include test/tools/tools.mk

IMAGE   ?= ghcr.io/bowline-dev/bowline:latest
CONFIG  ?= config/default
N       ?= 200
KEYS    ?= 2
SECRETS ?= 0
# How many scenarios of test-e2e play at a time.
E2E_PROCS ?= 4
MODULES := $(sort $(dir $(shell git ls-files '*go.mod')))

GO_TEST := go test -race -shuffle=on -timeout=20m

# The folder with etcd, kube-apiserver and kubectl. It is asked for only by the
# targets that need it, for a first build takes minutes.
assets = $${KUBEBUILDER_ASSETS:-$$(go run -C test/cluster . assets)}

##@ General

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Code

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Write the DeepCopy methods of the API.
	$(CONTROLLER_GEN) object paths=./api/...

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## Write the CRDs, and the operator's role from the markers in controllers/.
	$(CONTROLLER_GEN) crd paths=./api/v1alpha1/... output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) crd paths=./api/servicebinding/... output:crd:dir=config/crd/servicebinding/bases
	$(CONTROLLER_GEN) rbac:roleName=manager-role paths=./controllers/... output:rbac:dir=config/rbac/role

.PHONY: chart
chart: ## Copy the CRDs and roles of config/ into the chart.
	rm -rf charts/bowline/files
	mkdir -p charts/bowline/files/crds charts/bowline/files/rbac/watched charts/bowline/files/rbac/servicebinding charts/bowline/files/servicebinding/crds
	cp config/crd/bases/*.yaml charts/bowline/files/crds
	cp config/crd/servicebinding/bases/*.yaml charts/bowline/files/servicebinding/crds
	cp config/rbac/role/role.yaml config/rbac/account/leader_election.yaml config/rbac/*_role.yaml config/rbac/role_binding.yaml config/rbac/metrics.yaml charts/bowline/files/rbac
	cp config/namespaced/watched/role_binding.yaml charts/bowline/files/rbac/watched
	cp config/prometheus/alerts.yaml charts/bowline/files
	cp config/servicebinding/*role*.yaml charts/bowline/files/rbac/servicebinding

.PHONY: docs
docs: $(CRD_REF_DOCS) ## Write the API reference, docs/reference/api.md, and docs/troubleshooting.md.
	$(CRD_REF_DOCS) --config=docs/reference/config.yaml --source-path=api --renderer=markdown --output-path=docs/reference/api.md --log-level=ERROR
	go test -count=1 ./internal/advice -run=TestDocument -args -update

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code.
	$(GOLANGCI_LINT) fmt

.PHONY: tidy
tidy: ## Tidy the go.mod of every module.
	@set -e; for module in $(MODULES); do (set -x; go mod tidy -C $$module); done
	go mod tidy -C test/cluster -modfile=node.mod

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint the code of every module.
	@status=0; for module in $(MODULES); do (set -x; cd $$module && $(GOLANGCI_LINT) run --config=$(CURDIR)/.golangci.yaml) || status=1; done; exit $$status

.PHONY: lint-api
lint-api: $(API_LINT) ## Check the API types against the Kubernetes API conventions.
	$(API_LINT) run --config=.golangci-api.yaml ./api/...

.PHONY: verify
verify: generate manifests chart docs tidy ## Check that everything generated is up to date, and lint.
	@git diff --exit-code && test -z "$$(git status --porcelain | tee /dev/stderr)" || { echo "verify: the tree differs from the commit: commit what 'make generate manifests chart docs tidy' wrote" >&2; exit 1; }
	@$(MAKE) --no-print-directory lint lint-api

##@ Tests

.PHONY: test
test: test-unit test-integration ## Run the operator's tests: without a cluster, then against a real control plane.

.PHONY: test-unit
test-unit: ## Run the tests that need no cluster, the simulation among them.
	$(GO_TEST) $$(go list ./... | grep -v /test/)
	go test -run=TestDocument ./test/e2e

.PHONY: test-integration
test-integration: ## Run the tests against real control planes, which are built on first use; then hold the operator's rights against what it did.
	rm -rf .audit
	set -e; KUBEBUILDER_ASSETS="$(assets)"; BOWLINE_AUDIT_DIR=$(CURDIR)/.audit; export KUBEBUILDER_ASSETS BOWLINE_AUDIT_DIR; \
		$(GO_TEST) -p=2 $$(go list ./test/... | grep -v -e /mutation -e /gitops -e '/test/e2e$$' -e '/integration/operator$$' -e '/integration/servicebinding$$'); \
		$(GO_TEST) -p=1 ./test/integration/operator ./test/integration/servicebinding # they load two cores by themselves
	go run ./test/rbac -audit=.audit

.PHONY: test-e2e
test-e2e: $(GINKGO) ## Run Apps in real containers on real nodes, as root on Linux; INSTALL=helm installs the operator by the chart, FOCUS plays some scenarios, UPDATE=1 writes what was measured into docs/e2e.md.
ifneq ($(shell uname -s)/$(shell id -u),Linux/0)
	@echo "skipped: test-e2e needs root on Linux, for real nodes"
else
	UPDATE=$(UPDATE) INSTALL=$(INSTALL) $(GINKGO) --procs=$(E2E_PROCS) --timeout=40m --poll-progress-after=4m $(if $(FOCUS),--focus='$(FOCUS)') ./test/e2e
endif

.PHONY: test-gitops
test-gitops: ## Let kubectl, Helm, and what Flux and Argo CD are made of put Apps on a real control plane; UPDATE=1 writes the testdata in config/gitops anew.
	set -e; KUBEBUILDER_ASSETS="$(assets)"; export KUBEBUILDER_ASSETS; go test -count=1 -timeout=20m ./test/gitops $(if $(UPDATE),-args -update)
	$(if $(UPDATE),go test -C test/gitops/lua -count=1 . -args -update)
	go test -C test/gitops/lua .
	go test -C test/gitops/flux .

.PHONY: test-mutations
test-mutations: ## Break the engine in small ways, and check that the tests without a cluster catch each.
	go test -count=1 ./test/mutation

.PHONY: test-tools
test-tools: ## Run the tests of the other modules: of kubectl bowline without a cluster, and of what builds and tests use.
	@set -e; for module in $(filter-out ./ examples/%,$(MODULES)); do (set -x; cd $$module && go test -shuffle=on -timeout=20m ./...); done

.PHONY: test-examples
test-examples: ## Run the examples, modules of their own as people have them, as tests.
	@set -e; KUBEBUILDER_ASSETS="$(assets)"; export KUBEBUILDER_ASSETS; for module in $(filter examples/%,$(MODULES)); do (set -x; cd $$module && go test -count=1 -timeout=10m ./...); done

.PHONY: test-observability
test-observability: ## Run the tests of metrics, alerts, dashboard, logs and traces, against a real Prometheus.
	set -e; KUBEBUILDER_ASSETS="$(assets)"; export KUBEBUILDER_ASSETS; $(GO_TEST) ./internal/metrics ./internal/tracing ./internal/advice ./test/integration/observability

.PHONY: prometheus
prometheus: $(PROMETHEUS) $(PROMTOOL) ## Build Prometheus for the tests, and print its program and promtool's.
	@echo $^

.PHONY: simulate
simulate: ## Play rollouts in the simulated world and write their transcripts and docs/rollouts.md anew; SEED plays and prints a random one.
ifdef SEED
	go test -count=1 ./internal/simulation -v -run=TestRandomScenarios -args -seed=$(SEED)
else
	go test -count=1 ./internal/simulation -run=TestScenarios -args -update
	go test -count=1 ./internal/simulation -args -update
endif

.PHONY: demo
demo: ## Play the story of an App on a simulated cluster, and check it; KEEP=1 keeps the cluster.
	@go build -o bin/demo ./test/demo && exec bin/demo

.PHONY: cluster
cluster: ## Start a cluster with real nodes and the operator in the background, as root on Linux: eval "$$(make -s cluster)".
	@go build -o bin/try ./test/try && exec bin/try

.PHONY: cluster-down
cluster-down: ## End the cluster that make cluster started.
	@go run -C test/cluster . down

.PHONY: bench
bench: ## Measure the operator with N Apps of KEYS literals and SECRETS Secrets beside the same plain objects.
	go run -C test/bench . -n=$(N) -config-keys=$(KEYS) -secrets=$(SECRETS)

##@ Build and install

.PHONY: build
build: ## Build the operator into bin/.
	CGO_ENABLED=0 go build -trimpath -o bin/bowline .

.PHONY: plugin
plugin: ## Build kubectl bowline into bin/; put that folder on your PATH.
	CGO_ENABLED=0 go build -C cmd/kubectl-bowline -trimpath -ldflags='-s -w' -o $(CURDIR)/bin/kubectl-bowline .
	ln -sf kubectl-bowline bin/kubectl_complete-bowline

.PHONY: run
run: ## Run the operator here, against the cluster of the current kubeconfig.
	go run . --metrics-bind-address=0

.PHONY: image
image: ## Build the operator's image and its SBOMs into dist/, without Docker; PUSH=1 pushes it as IMAGE, with PLAIN_HTTP=1 to a registry without TLS.
	go run -C build/image . $(if $(VERSION),--version=$(VERSION)) $(if $(PLATFORMS),--platforms=$(PLATFORMS)) $(if $(PUSH),--push=$(IMAGE)) $(if $(PLAIN_HTTP),--plain-http)

.PHONY: docker-build
docker-build: ## Build the operator's image with Docker.
	docker build --build-arg=VERSION=$(or $(VERSION),$(shell git describe --tags --always --dirty)) --tag=$(IMAGE) .

.PHONY: install
install: ## Install the CRDs into the cluster of the current kubeconfig.
	kubectl apply --server-side -k config/crd

.PHONY: uninstall
uninstall: ## Remove the CRDs, and with them every App and what it runs.
	kubectl delete --ignore-not-found -k config/crd

.PHONY: deploy
deploy: ## Deploy the operator with the image IMAGE, as CONFIG (config/default) has it.
	kubectl kustomize $(CONFIG) | sed 's|ghcr.io/bowline-dev/bowline:latest|$(IMAGE)|' | kubectl apply --server-side --force-conflicts -f -

.PHONY: undeploy
undeploy: ## Remove the operator that CONFIG (config/default) deployed. CRDs, Apps and all that runs stay.
	kubectl delete --ignore-not-found -k $(CONFIG) -l app.kubernetes.io/component!=crd
	config/servicebinding/let-go.sh

.PHONY: dist
dist: ## Write what a release has into dist/: manifests with the image IMAGE, and the chart as VERSION.
	mkdir -p dist
	for config in default:install namespaced:install-namespaced servicebinding:install-servicebinding; do \
		kubectl kustomize config/$${config%:*} | sed 's|ghcr.io/bowline-dev/bowline:latest|$(IMAGE)|' > dist/$${config#*:}.yaml; done
	$(if $(VERSION),helm package charts/bowline --version=$(VERSION:v%=%) --app-version=$(VERSION) --destination=dist)

.PHONY: site
site: ## Build the pages in docs as a site into dist/site; a link that leads nowhere fails.
	@command -v mkdocs >/dev/null || { echo "site: mkdocs is missing: apt-get install mkdocs, or see https://www.mkdocs.org" >&2; exit 1; }
	mkdocs build --strict --quiet

.PHONY: clean
clean: ## Remove what was built here. The caches stay.
	rm -rf bin dist .audit .bench .demo .try coverage* *.out
