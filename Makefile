# Run make without arguments to list the targets.

GO        ?= go
LINT      := $(GO) tool -modfile=tools/lint/go.mod golangci-lint
MODULES   := . auth/redis otel contract bench examples examples/testcontainers interop tools tools/lint tools/vuln
NEWEST    := go1.27.3
COMPILER  := $(shell command -v $$($(GO) env CC) 2>/dev/null)
RACE      := $(if $(and $(COMPILER),$(filter 1,$(shell $(GO) env CGO_ENABLED))),-race)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## list the owner accounts of a sandbox over HTTP
	@$(GO) run ./cmd/tapkey owners list --sandbox

.PHONY: generate
generate: ## regenerate code and tables from openapi.yaml
	$(GO) generate ./...
	$(BUILD_CONTRACT)
	@bin/contract operations --write

.PHONY: docs
docs: ## regenerate docs/cli.md, the golden files, the table of read-ahead and the pictures
	$(GO) test ./cmd/tapkey -run '^(TestDocs|TestExamples|TestScreens)$$' -update
	$(GO) test ./client -run '^TestReadAheadTable$$' -update
	@for text in docs/img/*.txt; do $(GO) run -C tools ./pictures <$$text >$${text%.txt}.svg || exit 1; done

.PHONY: man
man: ## write the manual pages of the command tapkey to bin/man
	$(GO) run -C tools ./man $(CURDIR)/bin/man/man1 <docs/cli.md

.PHONY: test
test: ## run the tests, with -race if there is a C compiler
ifeq ($(RACE),)
	@echo "race detector: not run (no C compiler, or turned off)"
endif
	@echo "compiling the tests; the first run downloads modules and takes about 3 minutes"
	$(GO) test $(RACE) ./...

# The clients of ogen in bench are not committed. They are regenerated when the contract,
# the settings or the version of ogen change.
OGEN := $(patsubst %,bench/internal/peers/%/oas_client_gen.go,ogen ogenotel)

bench/internal/peers/%/oas_client_gen.go: openapi.yaml bench/go.mod bench/internal/peers/%.yaml
	$(GO) generate -C bench -run 'target $* ' ./internal/peers

.PHONY: test-modules
test-modules: $(OGEN) ## test the nested modules, such as contract, examples and interop
	$(GO) vet -C auth/redis ./... && $(GO) test -C auth/redis $(RACE) ./...
	$(GO) vet -C otel ./... && $(GO) test -C otel $(RACE) ./...
	$(GO) vet -C contract ./... && $(GO) test -C contract ./...
	$(GO) vet -C examples ./... && $(GO) test -C examples $(RACE) ./...
	$(GO) vet -C bench ./... && $(GO) test -C bench ./...
	$(GO) vet -C interop ./... && $(GO) test -C interop ./...
	$(GO) vet -C tools ./image && $(GO) test -C tools ./image
	$(GO) vet -C examples/testcontainers ./... && $(GO) test -C examples/testcontainers ./...

.PHONY: check
check: fmt tidy stale vet lint vuln test jsonv2 contract test-modules ## run every check with the installed Go

.PHONY: quick
quick: fmt ## check the format, build, and run the short tests
	$(GO) build ./...
	$(GO) test -short ./...

.PHONY: newest
newest: ## run the tests and check generated code with the newest Go, if it can be downloaded
	@if GOTOOLCHAIN=$(NEWEST) $(GO) version; then GOTOOLCHAIN=$(NEWEST) $(MAKE) stale test RACE=; \
	else echo "newest Go: not run ($(NEWEST) cannot be downloaded)"; fi

.PHONY: fresh
fresh: ## run the README's first commands in a clone with empty caches
	@sh tools/fresh.sh

.PHONY: ci
ci: check validators newest fresh demo ## run everything that CI runs
	$(MAKE) fuzz FUZZTIME=5s

.PHONY: fmt
fmt: ## fail if a file is not formatted with gofmt
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted with gofmt: $$out"; exit 1; }

.PHONY: tidy
tidy: ## fail if a go.mod is not tidy
	@for m in $(MODULES); do (cd $$m && $(GO) mod tidy -diff) || exit 1; done

.PHONY: stale
stale: ## fail if generated code does not match openapi.yaml
	@sh gen/stale.sh

.PHONY: vet
vet: ## run go vet for Linux, Windows and macOS
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...

.PHONY: lint
lint: $(OGEN) ## run golangci-lint, and actionlint for the workflows
	$(LINT) run ./...
	cd auth/redis && $(GO) tool -modfile=../../tools/lint/go.mod golangci-lint run -c ../../.golangci.yml ./...
	cd otel && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd contract && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd tools && $(GO) tool -modfile=lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd examples && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd bench && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd interop && $(GO) tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd examples/testcontainers && $(GO) tool -modfile=../../tools/lint/go.mod golangci-lint run -c ../../.golangci.yml ./...
	$(GO) tool -modfile=tools/go.mod actionlint -shellcheck= -pyflakes=

.PHONY: vuln
vuln: ## look for known vulnerabilities, if vuln.go.dev is reachable
	@GO='$(GO)' sh tools/vuln/check.sh . auth/redis otel contract

.PHONY: jsonv2
jsonv2: ## run the tests with JSON v2 of the standard library
	GOEXPERIMENT=jsonv2 $(GO) test ./...

BUILD_CONTRACT = @$(GO) build -C contract -o ../bin/contract ./cmd/contract

.PHONY: contract
contract: ## check the contract: lint, drift, breaking, replay, exchanges
	$(BUILD_CONTRACT)
	@bin/contract check
	@bin/contract exchanges

.PHONY: contract-live
contract-live: ## compare the API in the environment with the contract
	$(BUILD_CONTRACT)
	@bin/contract live

.PHONY: contract-selftest
contract-selftest: ## check that the checks find faults in the contract
	$(BUILD_CONTRACT)
	@bin/contract selftest $(if $(WRITE),--write)

.PHONY: validators
validators: ## run Redocly, Spectral and Prism, if npm can download them
	@$(GO) test -C contract . -run '^TestValidators$$' -count=1 -v -timeout 10m -validators

.PHONY: public-documents
public-documents: ## generate clients from public documents, if npm can download them
	@$(GO) test ./gen -run '^TestPublicDocuments$$' -count=1 -v -timeout 30m -public $(if $(WRITE),-public.write)

.PHONY: bench
bench: ## compare with other clients and write docs/performance.md
	$(GO) generate -C bench ./...
	$(GO) run -C bench ./cmd/bench -write

.PHONY: bench-quick
bench-quick: $(OGEN) ## print the main measurements and whether they meet the targets
	@$(GO) run -C bench ./cmd/bench -quick

.PHONY: access-model
access-model: ## apply random wants to random grants 20,000 times, with faults and interruptions
	TAPKEY_ACCESS_RUNS=20000 $(GO) test ./access -run '^TestModel$$' -count=1 -v -timeout 60m

.PHONY: faults
faults: ## test the result of each fault and print the table
	@$(GO) test ./client -run '^TestFaultMatrix$$' -count=1 -v -faults.print | grep -E '^\||^--- |^ok|FAIL|_test\.go'

.PHONY: chaos
chaos: ## make 50,000 calls over a faulty network to a failing server
	TAPKEY_CHAOS_CALLS=50000 $(GO) test $(RACE) ./client -run '^TestChaos$$' -count=1 -v -timeout 30m

.PHONY: mutations
mutations: ## decode a million broken responses by the generated code and by reflection
	TAPKEY_MUTATIONS=1000000 $(GO) test ./gen/tapkey -run '^TestMutations$$' -count=1 -v -timeout 30m

.PHONY: fuzz
FUZZTIME ?= 1m
FUZZ     ?= $$($(GO) list ./...)
fuzz: ## run each fuzz test for FUZZTIME, by default a minute
	@sh tools/fuzz.sh $(FUZZTIME) $(FUZZ)

.PHONY: size
size: ## count the lines of hand-written Go without tests
	@for d in api internal/engine internal/tokenendpoint internal/tokenstore client auth auth/tokenstore auth/redis otel doctor odata lockid schedule access logfeed sandbox cmd/tapkey; do \
		printf '%-16s %5d lines of code, %5d with comments and empty lines\n' $$d \
			$$(ls $$d/*.go | grep -v _test.go | xargs cat | grep -cvE '^[[:space:]]*(//.*)?$$') \
			$$(ls $$d/*.go | grep -v _test.go | xargs cat | wc -l); \
	done

.PHONY: image
image: ## write the container image of the sandbox to dist/image
	@GO='$(GO)' sh tools/image.sh

.PHONY: snapshot
snapshot: ## build the archives of a release to dist, without publishing them
	@GO='$(GO)' sh tools/snapshot.sh

.PHONY: release-check
release-check: ## check that this commit can be tagged: VERSION=v0.2.0
	@GO='$(GO)' sh tools/release-check.sh $(VERSION)
