# The tools of this project, each pinned to one version. A tool is built from its
# Go module once and kept in the user's cache under its name, its version and
# the version of Go, so a new clone finds what an earlier one built.

TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bowline/tools/$(shell go env GOVERSION)

CONTROLLER_GEN := $(TOOLS)/controller-gen@v0.23.0
CRD_REF_DOCS   := $(TOOLS)/crd-ref-docs@v0.3.0
GINKGO         := $(TOOLS)/ginkgo@v2.34.0
GOLANGCI_LINT  := $(TOOLS)/golangci-lint@v2.15.0
API_LINT       := $(TOOLS)/kube-api-linter@v0.0.0-20260716143926-092fe0c72997
PROMETHEUS     := $(TOOLS)/prometheus@v0.316.0
PROMTOOL       := $(TOOLS)/promtool@v0.316.0

$(CONTROLLER_GEN): package := sigs.k8s.io/controller-tools/cmd/controller-gen
$(CRD_REF_DOCS):   package := github.com/elastic/crd-ref-docs
$(GINKGO):         package := github.com/onsi/ginkgo/v2/ginkgo
$(GOLANGCI_LINT):  package := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(API_LINT):       package := sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter
$(PROMETHEUS):     package := github.com/prometheus/prometheus/cmd/prometheus
$(PROMTOOL):       package := github.com/prometheus/prometheus/cmd/promtool

# Scrapes go to addresses that are known: the clients of twenty clouds stay out.
$(PROMETHEUS) $(PROMTOOL): tags := remove_all_sd

# A build ends in a folder of its own and is renamed into place: a tool that
# exists is whole.
$(TOOLS)/%:
	@echo "building $* (once; it is kept in $(TOOLS))" >&2
	@mkdir -p $(TOOLS) && build=$$(mktemp -d $(TOOLS)/build.XXXXXX) && trap 'rm -rf "$$build"' EXIT && \
		GOBIN=$$build CGO_ENABLED=0 GOFLAGS= go install -trimpath $(if $(tags),-tags=$(tags)) $(package)@$(lastword $(subst @, ,$*)) && mv "$$build"/* $@
