# The commands that people type. Each one installs what it needs first (scripts/setup), so that a fresh Debian 12
# machine needs only git and make. What builds weir itself is CMake, see CMakePresets.json.
SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

# Tools that scripts/setup put into the project's folder, where the machine has none of its own.
export PATH := $(PATH):$(CURDIR)/.venv/bin
# Go builds with the toolchain that is there; it downloads none.
export GOTOOLCHAIN := local

build := build
weir := $(build)/release/bin/weir
demos := $(build)/demos
# Debian's wasi-libc and libc++ are laid out for the triple's older name, about which clang warns (-Wno-deprecated).
guest_cxx := clang++-22 --target=wasm32-wasi -Wno-deprecated
guest_cxxflags := -std=c++20 -O2 -Wall -Wextra -fno-exceptions

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: weir hello http fastly libraries ## build weir and the demos, and show all four of them, in C++ and in Go
	@scripts/run-demos $(weir) $(demos)

.PHONY: weir
weir: ## build weir (release) as build/release/bin/weir
	@scripts/setup build
	@scripts/build release weir

.PHONY: hello
hello: ## build the guests demos/hello (C++) and demos/go/hello
	@scripts/setup demos
	@$(MAKE) --no-print-directory $(demos)/hello.wasm $(demos)/go/hello.wasm

.PHONY: libraries
libraries:
	@scripts/setup demos
	@$(MAKE) --no-print-directory $(demos)/export.wasm $(demos)/go/export.wasm

.PHONY: export
export: weir libraries ## build the libraries demos/export (C++) and demos/go/export, call their function primes
	$(weir) run --invoke primes $(demos)/export.wasm 10
	$(weir) run --invoke primes $(demos)/go/export.wasm 10

.PHONY: embed
embed: ## build demos/embed, a C++ program that runs guests by weir's library, against an installed weir, and run it
	@scripts/setup build demos
	@$(MAKE) --no-print-directory $(demos)/embed.wasm
	@scripts/build release weir_embed
	@cmake --install $(build)/release --prefix $(build)/prefix --component embed >$(build)/prefix.log
	@CXX=clang++-22 cmake -S demos/embed -B $(build)/embed -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=$(CURDIR)/$(build)/prefix >>$(build)/prefix.log
	@cmake --build $(build)/embed
	$(build)/embed/embed $(demos)/embed.wasm

.PHONY: http
http: ## build the guests demos/http (C++) and demos/go/http, servers, and demos/fetch, a client
	@scripts/setup demos
	@$(MAKE) --no-print-directory $(demos)/http.wasm $(demos)/go/http.wasm $(demos)/fetch.wasm

.PHONY: fastly
fastly: ## build the edge services demos/fastly and demos/guestbook (C++), and demos/go/fastly, for  weir serve
	@scripts/setup demos
	@$(MAKE) --no-print-directory $(demos)/fastly.wasm $(demos)/guestbook.wasm $(demos)/go/fastly.wasm

sdk_headers := $(shell find sdk/include -name '*.hpp')

$(demos)/%.wasm: demos/%/*.cpp $(sdk_headers) Makefile
	@mkdir -p $(@D)
	$(guest_cxx) $(guest_cxxflags) -Isdk/include -o $@ $(filter %.cpp,$^)

$(demos)/export.wasm: demos/export/primes.hpp
# Its folder has the host's program as well.
$(demos)/embed.wasm: demos/embed/guest.cpp demos/export/primes.hpp $(sdk_headers) Makefile
	@mkdir -p $(@D)
	$(guest_cxx) $(guest_cxxflags) -mexec-model=reactor -Isdk/include -o $@ $<

# Of tests/api.
$(demos)/views.wasm: tests/api/views.cpp $(sdk_headers) Makefile
	@mkdir -p $(@D)
	$(guest_cxx) $(guest_cxxflags) -mexec-model=reactor -Isdk/include -o $@ $<
$(demos)/goroutines.wasm: tests/api/goroutines/main.go Makefile
	@mkdir -p $(@D)
	cd $(<D) && GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -trimpath -buildmode=c-shared -o $(CURDIR)/$@ .

# Libraries: modules whose functions others call.
$(demos)/export.wasm: guest_cxxflags += -mexec-model=reactor
$(demos)/go/export.wasm: go_flags := -buildmode=c-shared

# Go's own cache knows better than file times what is up to date.
.PHONY: FORCE
$(demos)/go/%.wasm: FORCE
	@mkdir -p $(@D)
	cd demos/go && GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -trimpath $(go_flags) -o $(CURDIR)/$@ ./$*

.PHONY: test
test: ## everything that CI runs: unit, codegen and CLI tests, the specification suite, some of Go's tests, random modules, a short fuzz
	@scripts/test unit sanitize spec go diff fuzz

.PHONY: test-unit
test-unit: ## the tests that ctest knows: unit, codegen, CLI
	@scripts/test unit

.PHONY: test-sanitize
test-sanitize: ## the tests of the embedding API with AddressSanitizer and ThreadSanitizer
	@scripts/test sanitize

.PHONY: test-spec
test-spec: ## the official specification test suite
	@scripts/test spec

.PHONY: test-diff
test-diff: ## random modules in every configuration and in V8 (DIFF_SECONDS=600: others, for so long)
	@scripts/test diff

.PHONY: test-fuzz
test-fuzz: ## each fuzzer for some seconds (FUZZ_SECONDS=20)
	@scripts/test fuzz

.PHONY: test-load
test-load: weir ## servers as guests under heavy load: a thousand connections, 64 MiB bodies, resets, curl and wrk
	@scripts/setup demos load
	@tests/load/load_test.py $(weir) --large -v

.PHONY: test-edge
test-edge: weir fastly ## a service of Fastly's JavaScript SDK, and its CLI with weir in Viceroy's place (installs npm packages)
	@scripts/setup edge
	@tests/fastly/tools_test.py $(weir) .venv/npm $(demos)/go/fastly.wasm -v

.PHONY: test-go
test-go: weir ## Go's own tests of its library as guests (PEER=wasmtime: beside it)
	@scripts/setup demos
	@scripts/test-go $(if $(PEER),--peer $(PEER))

.PHONY: deb
deb: ## Debian packages of weir, its SDK and its library, in build/deb
	@scripts/setup build deb
	@scripts/build release
	@cd $(build)/release && cpack -G DEB -B $(CURDIR)/$(build)/deb
	@rm -rf $(build)/deb/_CPack_Packages && ls $(build)/deb

.PHONY: lint
lint: ## clang-format and clang-tidy on what differs from the main branch's last commit (ALL=1: on everything)
	@scripts/lint $(if $(ALL),--all)

.PHONY: format
format: ## let clang-format rewrite the sources
	@scripts/lint --fix-format

.PHONY: bench-start
bench-start: weir hello ## cold start beside wasmtime
	@scripts/setup bench && scripts/peers
	@bench/compare.py start

.PHONY: bench-warm
bench-warm: weir hello ## start with a filled cache and from compiled programs, beside wasmtime
	@scripts/setup bench && scripts/peers
	@bench/compare.py warm

.PHONY: bench-run
bench-run: weir hello ## compiled code, and compiling, beside wasmtime and native code
	@scripts/setup bench && scripts/peers
	@bench/compare.py run && bench/compare.py compile

.PHONY: bench-wasi
bench-wasi: weir ## files, listings and clocks beside wasmtime, wazero and native code
	@scripts/setup demos bench && scripts/peers wasmtime wazero
	@bench/compare.py wasi

.PHONY: bench-programs
bench-programs: weir ## whole programs in C and Go beside wasmtime, wasm2c and native code (QUICK=1: a first impression)
	@scripts/setup cargo demos bench programs && scripts/peers
	@for what in c go cold; do bench/programs.py $$what $(if $(QUICK),--quick) || exit; done

.PHONY: bench-http
bench-http: weir http ## the demos' servers beside native ones, and wasirun, under wrk
	@scripts/setup bench && scripts/peers wasirun
	@bench/http.py

.PHONY: bench-api
bench-api: ## calls between host and guest, instances from the pool and their memory, beside wasmtime
	@scripts/setup build demos bench-api
	@$(MAKE) --no-print-directory $(demos)/export.wasm $(demos)/go/export.wasm
	@scripts/build release weir-bench-api
	@$(build)/release/bin/weir-bench-api $(CURDIR)/.venv/lib/python3*/site-packages/wasmtime/linux-x86_64/_libwasmtime.so \
	    $(demos)/export.wasm $(demos)/go/export.wasm

.PHONY: bench-serve
bench-serve: weir fastly ## edge services under weir serve beside Viceroy, under wrk and h2load
	@scripts/setup bench && scripts/peers viceroy
	@bench/serve.py

.PHONY: bench-idle
bench-idle: weir http ## what 10,000 idle connections cost: memory, wake-ups, and the time of a request among them
	@scripts/setup bench
	@bench/idle.py

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(addprefix $(build)/,release debug asan tsan fuzz ci demos bench spec lint go-tests diff)

.PHONY: distclean
distclean: clean ## clean, and remove the tools that were installed into this folder
	rm -rf $(build) .venv .peers
