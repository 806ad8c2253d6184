# Gatehouse. `make help` lists the targets.

GO        ?= go
BIN       := bin/gatehouse
# What is built once and kept: tools and servers for tests and benchmarks.
CACHE     ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/gatehouse
TOOLS     := $(CACHE)/tools
# Time that each fuzz target runs.
FUZZTIME  ?= 30s
# An archive of public config repositories, one folder each, for corpora-test and bench.
CORPORA   ?= ../shared/corpora.tar.gz

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GITLEAKS    := github.com/zricethezav/gitleaks/v8@v8.30.1
CONFTEST    := github.com/open-policy-agent/conftest@v0.71.1

.DEFAULT_GOAL := help
.PHONY: help build demo test race lint docs fuzz corpora-test bench clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the program into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(BIN) ./cmd/gatehouse

demo: build ## judge an example repository with planted faults, and its clean twin
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && cp -R testdata/repos/flux-monorepo/. "$$dir" && for twin in faulty clean; do \
	  echo; echo "$$ cd testdata/repos/flux-monorepo/$$twin && gatehouse check"; \
	  (cd "$$dir/$$twin" && '$(CURDIR)/$(BIN)' check --no-cache); code=$$?; echo "exit $$code"; \
	  case $$twin-$$code in faulty-1|clean-0) ;; *) exit 1 ;; esac; \
	done

test: ## run all tests, with real servers
	$(GO) test ./... ./testdata/cluster/... ./testdata/gates ./testdata/owners ./testdata/secrets

race: ## run the tests of the engine and of what surrounds it under the race detector
	$(GO) test -race -short ./checks/... ./secrets/... ./cmd/...

lint: ## gofmt, vet, staticcheck, go.mod
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not gofmt:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./... ./testdata/cluster/... ./testdata/gates ./testdata/owners ./testdata/secrets
	$(GO) run $(STATICCHECK) ./... ./testdata/owners ./testdata/secrets
	$(GO) mod tidy -diff

docs: ## write the compiled policies and the generated documentation
	UPDATE=1 $(GO) test -count=1 -run TestCompiled ./policies/library
	$(GO) run ./cmd/gatehouse docs docs

# package:target, one a word
FUZZ := $(shell grep -rlE '^func Fuzz' --include='*_test.go' checks cmd secrets codeowners policies 2>/dev/null | \
	xargs -r grep -HoE '^func Fuzz[A-Za-z0-9]+' | sed -E 's|^(.*)/[^/]+_test.go:func (.*)|\1:\2|' | sort -u)

fuzz: ## run every fuzz target for FUZZTIME (30s)
	@for t in $(FUZZ); do \
	  echo "fuzz $$t"; \
	  $(GO) test -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$${t%%:*} || exit 1; \
	done

corpora-test: ## judge public repositories and hold the result against kubectl's reader
	@if test -e '$(CORPORA)'; then \
	  dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && tar xzf '$(CORPORA)' -C "$$dir" && \
	  GATEHOUSE_CORPORA="$$dir" $(GO) test -count=1 -run Corpora ./cmd/gatehouse && \
	  GATEHOUSE_CORPORA="$$dir" $(GO) test -count=1 -run Public ./testdata/secrets && \
	  GATEHOUSE_CORPORA="$$dir" $(GO) test -count=1 -run Parity ./testdata/gates; \
	else echo 'corpora-test was left out: there is no $(CORPORA)'; fi

$(TOOLS)/gitleaks $(TOOLS)/conftest:
	@echo 'building the peers of the benchmark, once: about 4 minutes'
	GOBIN=$(TOOLS) $(GO) install $(GITLEAKS)
	GOBIN=$(TOOLS) $(GO) install $(CONFTEST)

bench: build $(TOOLS)/gitleaks $(TOOLS)/conftest ## benchmarks, and whole commands beside their peers
	$(GO) test -run '^$$' -bench . -benchmem ./checks/... ./secrets/... ./policies/... ./cmd/internal/...
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && { test ! -e '$(CORPORA)' || tar xzf '$(CORPORA)' -C "$$dir"; } && \
	  GATEHOUSE_CORPORA="$$dir" GATEHOUSE_BIN='$(CURDIR)/$(BIN)' GATEHOUSE_PEERS='$(TOOLS)' \
	  $(GO) test -count=1 -run '^$$' -bench Process -benchtime 5x ./cmd/gatehouse

clean: ## remove what build has made
	rm -rf bin
