# The one door: `make help` says what is behind it. A target is a line or two; what needs more is a
# script of its own in script/.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell script/version --build)
FUZZTIME ?= 60s
PYTHON := $(CURDIR)/.venv/bin/python
DEBIAN_PYTHON := $(CURDIR)/.venv-debian/bin/python
# Tools have a module of their own, so that what they need is not what the product needs.
TOOL := go tool -modfile=tools/go.mod

# Go set as for `build`, so that what was compiled for it is not compiled again.
AS_BUILT := CGO_ENABLED=0 GOFLAGS=-trimpath

# What the bindings' and the clients' tests start.
export REALTIME_BIN := $(CURDIR)/bin/realtime
export REALTIME_LIBRARY := $(CURDIR)/lib/librealtime.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
export PYTHON
export REALTIME_PYTHON := $(PYTHON)

# What Ruby makes of Rails' files is the same in every app that the tests start.
export BOOTSNAP_CACHE_DIR ?= $(CURDIR)/tmp/bootsnap

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo demo-django
demo: ## A Rails chat on http://localhost:8000; installs what is missing, and says so first
	@script/demo rails

demo-django: ## A restaurant's orders with Django
	@script/demo django

.PHONY: build capi dist client clean
build: client ## bin/realtime, with the browser client inside
	@script/install build
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/realtime ./sidecar

# Names are looked up without the C library, as bin/realtime does, so that both behave alike.
capi: client ## lib/librealtime.so and its header: the server inside another process
	@script/install build
	CGO_ENABLED=1 go build -buildmode=c-shared -overlay "$$(script/runtime-overlay)" -tags netgo,osusergo -trimpath \
		-ldflags "-s -w -X main.version=$(VERSION)" -o lib/new/ ./capi
	@mv lib/new/capi $(REALTIME_LIBRARY) # at once, for who is just about to load it
	@rm -r lib/new # with Go's own header, of what stands behind the border
	cp capi/realtime.h lib/

dist: client ## dist/: binaries, gems and wheels for Linux and macOS on amd64 and arm64
	@script/install build ruby
	@$(MAKE) .venv/ready
	@PYTHON=$(PYTHON) script/dist

client: ## The Socket.IO clients that the sidecar serves to browsers
	@script/install node
	@script/client

clean: ## Remove what was built, installed and logged here
	rm -rf bin lib dist tmp .venv .venv-debian bench/out core/server/clientjs/dist/{.made-from,[0-9]*}
	find . -name node_modules -type d -prune -exec rm -rf {} +
	find . \( -name __pycache__ -o -name .pytest_cache -o -name .mypy_cache -o -name .ruff_cache \) -type d -prune -exec rm -rf {} +

.PHONY: test test-capi test-docs test-go test-go-sizes test-go-portable test-ruby test-ruby-sidecar test-python test-python-sidecar
.PHONY: test-python-debian test-python-native test-ruby-native
.PHONY: test-packages test-protocol test-clients test-generations test-clients-native test-generations-native test-browser-native test-remote test-restarts test-browser test-soak soak test-guides fuzz bench
test: ## Everything; installs what is missing, runs every suite, ends with a summary
	@script/test

test-capi: capi ## The shared library in hosts written in C
	@script/install node
	@script/test-capi

test-docs: ## Do the documents name what exists?
	@script/check-docs

test-go: ## Go, with the race detector
	@script/install build
	@script/test-go -race ./...

test-go-sizes: ## Go without the race detector: sizes and allocations, which it changes
	@script/install build
	@$(AS_BUILT) script/test-go $$(grep -rlE 'AllocsPerRun|ReadMemStats|Sizeof|go:build .*!race' \
		--include='*_test.go' ./core | xargs dirname | sort -u)

test-go-portable: ## Go as other systems see it: the types on macOS, core/poll without epoll
	@script/install build
	@script/test-go -race -tags pollgoroutine ./core/poll/...
	@mkdir -p tmp && $(AS_BUILT) go -C tools build -o ../tmp/typecheck ./typecheck
	tmp/typecheck darwin/arm64 $$($(AS_BUILT) go list ./... | grep -v /bench/) # the benchmarks read /proc

test-ruby: ## The gem alone, and the Rails example's own tests
	@script/install ruby
	cd bindings/ruby && rake test
	cd examples/rails && bin/setup && bin/rails test

test-ruby-sidecar: build ## The gem against bin/realtime
	@script/install ruby
	cd bindings/ruby && rake test:integration

test-ruby-native: capi ## The gem with the server inside
	@script/install ruby
	cd bindings/ruby && rake test:native

test-python: .venv/ready ## The Python package alone
	cd bindings/python && $(PYTHON) -m pytest -q

test-python-sidecar: build .venv/ready ## The Python package against bin/realtime
	cd bindings/python && $(PYTHON) -m pytest -q tests/integration

test-python-native: capi .venv/ready ## The Python package with the server inside
	cd bindings/python && REALTIME_TEST_WAY=library $(PYTHON) -m pytest -q tests/unit tests/integration tests/native

# What Django's version may change: not Celery's tasks, nor what gunicorn does before Django is asked. test-python and
# test-python-sidecar have those.
test-python-debian: build .venv-debian/ready ## The Django part with Debian's Django and msgpack
	cd bindings/python && $(DEBIAN_PYTHON) -m pytest -q -W ignore::DeprecationWarning \
		-k "not gunicorn and not preload" $$(ls tests/unit/test_django_*.py | grep -v celery) tests/integration/test_django.py
	cd examples/django && $(DEBIAN_PYTHON) manage.py test

# Of the four platforms only this one, for time: another is all of Go's library compiled once more.
test-packages: export PLATFORMS ?= $(shell go env GOOS)/$(shell go env GOARCH)
test-packages: dist ## What `make dist` made, installed into empty places; PLATFORMS chooses
	@PYTHON=$(PYTHON) script/test-packages

test-protocol: build ## The official protocol suites of Engine.IO and Socket.IO
	@script/install node ruby
	@script/official-suites

test-clients: build .venv/ready ## Real clients from npm against bin/realtime
	@script/install node ruby
	@script/node-test conformance/clients

test-generations: build .venv/ready ## Clients from 0.9 to 4.8 on every transport, and what docs/protocol/compat.md says of them
	@script/install node ruby
	@script/node-test conformance/generations

test-clients-native: capi .venv/ready ## The client of today, with the server inside the app's process
	@script/install node ruby
	@REALTIME_TEST_WAY=library script/node-test conformance/clients

test-generations-native: capi .venv/ready ## The clients of all generations likewise
	@script/install node ruby
	@REALTIME_TEST_WAY=library script/node-test conformance/generations

test-remote: build .venv/ready ## Clients that do not run in Node: old bundles in Chromium, Python, Java; not part of test
	@script/install node ruby browser java
	@script/node-test conformance/browser --no-test
	@script/node-test conformance/generations --no-test
	@PYTHON=$(PYTHON) script/remote-clients
	@script/node-test conformance/remote

test-browser: build .venv/ready ## The example apps in a real browser
	@script/install node ruby browser
	@script/node-test conformance/browser

test-browser-native: capi .venv/ready ## The example apps with the server inside, in a real browser
	@script/install node ruby browser
	@script/node-test conformance/browser --no-test
	cd conformance/browser && node --test native/examples.js

test-restarts: build .venv/ready ## Apps restarted and killed under load, and everything counted
	@script/install node ruby jobs
	@script/node-test conformance/generations --no-test
	@script/node-test conformance/restarts

test-soak: capi .venv/ready ## The server inside Ruby and Python, under everything for six seconds, and counted
	@script/install node ruby
	@script/node-test conformance/native

soak: export NATIVE_SECONDS ?= 600
soak: test-soak ## The same for ten minutes; NATIVE_SECONDS chooses

test-guides: build capi .venv/ready ## Every code block of the guides
	@script/install node ruby browser
	@script/node-test conformance/browser --no-test
	@script/node-test conformance/guides

fuzz: ## Every fuzz target for FUZZTIME=60s
	@script/fuzz $(FUZZTIME)

bench: ## Benchmarks of the packages; bench/README.md has those of the whole
	go test -run '^$$' -bench . -benchmem ./core/...

.PHONY: lint lint-go lint-go-full lint-ruby lint-python fmt vuln
lint: lint-go lint-ruby lint-python ## All languages

# Looked at as `test-go` compiles it: with cgo, which capi/ needs, and compiled already.
lint-go: ## gofumpt, go vet, staticcheck
	@script/install build
	@$(AS_BUILT) script/gofumpt -l
	GOFLAGS=-race go vet ./...
	GOFLAGS=-race $$($(AS_BUILT) $(TOOL) -n staticcheck) ./...
	@echo "ok: gofumpt, vet and staticcheck found nothing"

lint-go-full: ## golangci-lint as well; its first build takes minutes
	go tool -modfile=tools/golangci-lint/go.mod golangci-lint run ./...

lint-ruby: ## RuboCop
	@script/install ruby
	cd bindings/ruby && rake lint

lint-python: .venv/ready ## ruff and mypy --strict
	cd bindings/python && $(PYTHON) -m ruff check && $(PYTHON) -m ruff format --check && $(PYTHON) -m mypy

fmt: .venv/ready ## Format all languages
	@script/gofumpt -w
	cd bindings/ruby && rubocop --autocorrect
	cd bindings/python && $(PYTHON) -m ruff format && $(PYTHON) -m ruff check --fix

vuln: ## Known vulnerabilities in what we depend on (needs the network)
	$(TOOL) govulncheck ./...

.venv/ready: tools/python.txt
	@script/install python
	python3 -m venv .venv
	$(PYTHON) -m pip install -q --disable-pip-version-check -r tools/python.txt
	@touch $@

# What is older than what we pin: Debian's python3-django, on Debian's Python.
.venv-debian/ready: tools/python.txt | .venv/ready
	@script/install debian
	/usr/bin/python3 -m venv --system-site-packages --without-pip .venv-debian
	grep -E '^(pytest|gunicorn|uvicorn)=' tools/python.txt | \
		$(PYTHON) -m pip --python $(DEBIAN_PYTHON) install -q --disable-pip-version-check -r /dev/stdin
	@touch $@
