# Every target needs Rust and a C compiler, and nothing else (`make wasm` Node, OpenSSL from source Perl). `make` alone lists them.
#
# Everything is built in the dev profile, where dependencies are optimised (Cargo.toml): tests, demo and vectors share
# what they build. All features are on, since features only add; those that choose how a C library is built are not.

CARGO ?= cargo

# OpenSSL is built from source where openssl-sys would not find the system's. `make VENDORED= ..` or
# `make VENDORED=mls-crypto-openssl/vendored ..` decides otherwise.
ifeq ($(OPENSSL_DIR)$(OPENSSL_LIB_DIR)$(wildcard /opt/homebrew/opt/openssl@3 /usr/local/opt/openssl@3),)
VENDORED := $(shell $(or $(PKG_CONFIG),pkg-config) --atleast-version=3.0 openssl 2>/dev/null || echo mls-crypto-openssl/vendored)
endif
OPENSSL := $(if $(VENDORED),--features $(VENDORED))

FEATURES := --features mls-crypto-rustcrypto/curve448,mls-crypto-traits/conformance,mls-core/conformance,mls-core/hazmat \
            --features mls-identity-x509/issue,mls-identity-x509/native-roots,mls-client/tracing $(OPENSSL)

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

# Programs are built as the tests are, with the features that all crates ask for. Those of dev-dependencies are among them
# only where a test is built, too: this one is small. `cargo run -p` would build half of everything anew.
PROGRAMS := --locked --workspace $(FEATURES) --test allocation
BIN = $(abspath $(TARGET_DIR))/debug
run = $(CARGO) build $(PROGRAMS) --bin $(1) && $(BIN)/$(1)

# cargo-nextest where it is installed, cargo test elsewhere.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
TESTS = $(CARGO) nextest run --locked --workspace $(FEATURES) --no-fail-fast
else
TESTS = $(CARGO) test --locked --workspace $(FEATURES) --no-fail-fast --lib --bins --tests
endif

# cargo-deny where it is installed; else one under the target directory, installed at first use. It runs for seconds, and is
# built for minutes: not optimised.
DENY_VERSION := 0.20.2
DENY := $(or $(shell command -v cargo-deny),$(TARGET_DIR)/tools/bin/cargo-deny)

.DEFAULT_GOAL := help
.PHONY: help test test-unit test-sqlcipher test-doc demo vectors bench-crypto lint fmt-check clippy doc features no-std wasm \
        deny package publish-dry-run ci

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: test-unit test-doc ## Run all tests: unit, integration and documentation

test-unit: ## Run unit and integration tests
	$(TESTS)

test-sqlcipher: ## Run the tests of encrypted SQLite files (needs the system's OpenSSL)
	$(if $(NEXTEST),$(CARGO) nextest run,$(CARGO) test) --locked --workspace $(FEATURES) \
	    --features mls-storage-sqlite/sqlcipher --test sqlcipher

test-doc: ## Run the examples in the documentation
	$(CARGO) test --locked --workspace $(FEATURES) --no-fail-fast --doc

demo: ## Run the demonstration: a group of four processes
	$(call run,mls-demo)

vectors: ## Run the official test vectors and print a table
	$(call run,mls-vectors) verify

bench-crypto: ## Measure the backends beside their bare libraries, and write the table into README.md
	$(CARGO) bench --locked -p interop $(OPENSSL) --bench crypto -- $(abspath README.md)

# Ours beside the floor and beside other implementations, whose program is a workspace of its own (interop/speed/README.md).
PEERS_SPEED = $(abspath $(TARGET_DIR))/peers-speed
SPEED = $(CARGO) run --locked --release -p interop-speed $(OPENSSL) --bin mls-speed -- \
	--rivals $(PEERS_SPEED)/release/interop-peers-speed
.PHONY: bench bench-quick bench-full speed-programs own-speed peers-speed guards guards-record
bench: speed-programs ## Measure suite 1 up to 10 000 members, and write tables and plots to interop/bench-results
	$(SPEED) --results interop/bench-results

bench-quick: speed-programs ## The same up to 1 000 members, less often each, without results
	$(SPEED) --quick

bench-full: speed-programs ## Suites 1, 2, 3 and 5 up to 100 000 members (three hours); writes interop/bench-results/full
	$(SPEED) --full --results interop/bench-results/full

# Both at once: each ends in one long step on one core.
speed-programs:
	$(MAKE) --no-print-directory --jobs=2 own-speed peers-speed

own-speed:
	$(CARGO) build --locked --release -p interop-speed $(OPENSSL) --bin mls-speed

peers-speed:
	cd interop/speed/peers && $(CARGO) build --locked --release --target-dir $(PEERS_SPEED)

guards: ## Count instructions, and fail on more than are recorded (needs valgrind)
	$(CARGO) run --locked --release -p interop-speed $(OPENSSL) --bin mls-guards -- check interop/speed/guards.tsv

guards-record: ## Record the instructions that are counted now
	$(CARGO) run --locked --release -p interop-speed $(OPENSSL) --bin mls-guards -- record interop/speed/guards.tsv

lint: fmt-check clippy doc ## Check format, lints and documentation

fmt-check: ## Check the format
	$(CARGO) fmt --all --check
	cd interop/fuzz/coverage && $(CARGO) fmt --check
	cd interop/peers && $(CARGO) fmt --check
	cd interop/speed/peers && $(CARGO) fmt --check

clippy: ## Check the lints
	$(CARGO) clippy --locked --workspace --all-targets $(FEATURES) -- -D warnings

doc: ## Build the documentation, without warnings
	RUSTDOCFLAGS="-D warnings $(RUSTDOCFLAGS)" $(CARGO) doc --locked --workspace $(FEATURES) --no-deps

features: ## Check the crates without default features
	CARGO="$(CARGO)" scripts/features.sh

no-std: ## Build what needs no std for a target that has none
	CARGO="$(CARGO)" scripts/no-std.sh

wasm: ## Build the client for WebAssembly, and run a group of two in Node
	CARGO="$(CARGO)" scripts/wasm.sh

deny: $(DENY) ## Check licences, bans and sources of the dependencies
	$(DENY) --locked --workspace check --hide-inclusion-graph licenses bans sources

$(TARGET_DIR)/tools/bin/cargo-deny:
	$(CARGO) install --locked --debug --root $(TARGET_DIR)/tools --version $(DENY_VERSION) cargo-deny

package: ## Pack every published crate and build it from the package
	CARGO="$(CARGO)" scripts/package.sh $(OPENSSL)

publish-dry-run: ## Rehearse the release of all crates at once; uploads nothing
	$(CARGO) publish --locked --workspace --dry-run $(OPENSSL)

ci: ## Run everything that a change must pass
	.ci/run

# Which requirement of RFC 9420 is enforced where, and which test proves it (interop/README.md).
.PHONY: conformance conformance-strict conformance-break mutants
conformance: ## Print which requirements have a test
	$(call run,mls-conformance) --totals

conformance-strict: ## The same, in full; fail on what is missing and, with nextest, on tests that do not run
ifeq ($(NEXTEST),yes)
	$(CARGO) nextest list --locked --workspace $(FEATURES) --message-format json > $(TARGET_DIR)/tests.json
	$(call run,mls-conformance) --strict --ran $(TARGET_DIR)/tests.json
else
	$(call run,mls-conformance) --strict
endif

conformance-break: ## Break the lines that carry an id; their tests must fail (BREAK='--sample 40' for some)
	$(call run,mls-conformance) break $(BREAK)

mutants: ## Break everything in the modules that validate; nine of ten must be caught
	$(call run,mls-conformance) mutants $(MUTANTS)

.PHONY: vectors-own
vectors-own: ## Run the test vectors of our own making, which are in the repository
	$(call run,mls-vectors) verify interop/vectors

# Random histories of clients (mls-client/tests/model): as many steps as are asked for.
.PHONY: soak
soak: ## Play random histories of clients for long: STEPS=1000000 unless given
	MODEL_STEPS=$(or $(STEPS),1000000) $(CARGO) test --locked --workspace $(FEATURES) --test model -- --nocapture

# Our gRPC servers on each backend, and the working group's scenarios with all of them (interop/README.md).
.PHONY: interop-grpc
interop-grpc: ## Run the working group's scenarios against our gRPC servers
	CARGO="$(CARGO)" scripts/interop-grpc.sh $(PROGRAMS)

# Groups of ours, mls-rs and OpenMLS (interop/README.md, interop/PEERS.md). Needs Rust 1.91. `make interop SEED=..` repeats
# a random history.
.PHONY: interop interop-soak
interop: ## Play all scenarios with other implementations, as a table, and random histories
	CARGO="$(CARGO)" scripts/interop.sh --epochs $(or $(EPOCHS),600) $(if $(SEED),--seed $(SEED))

interop-soak: ## Random histories with other implementations, 20 000 epochs
	CARGO="$(CARGO)" scripts/interop.sh --only none --epochs $(or $(EPOCHS),20000) $(if $(SEED),--seed $(SEED))

.PHONY: interop-vectors
interop-vectors: ## Let OpenMLS check the test vectors that it can
	cd interop/peers && $(CARGO) test --locked --features vectors --target-dir "$(abspath $(TARGET_DIR))/peers" -- --nocapture

.PHONY: interop-ts
interop-ts: ## Play the scenarios with ts-mls, too (needs Node and its packages)
	CARGO="$(CARGO)" scripts/interop-ts.sh

# The fuzz targets under libFuzzer (interop/fuzz). The committed corpora are read; what is found goes below the target
# directory. cargo-fuzz where it is installed; else one there, installed at first use. Coverage takes a flag that rustc
# keeps for nightly, hence RUSTC_BOOTSTRAP; sanitizers look for what safe Rust does not do.
FUZZ_VERSION := 0.13.1
CARGO_FUZZ := $(or $(shell command -v cargo-fuzz),$(TARGET_DIR)/tools/bin/cargo-fuzz)
FUZZ_DIR = $(abspath $(TARGET_DIR))/fuzz
.PHONY: fuzz
fuzz: $(CARGO_FUZZ) ## Fuzz one target, guided by coverage: FUZZ=receive SECONDS=60 unless given
	mkdir -p $(FUZZ_DIR)/found/$(or $(FUZZ),receive) $(FUZZ_DIR)/failures
	FUZZ=$(or $(FUZZ),receive) RUSTC_BOOTSTRAP=1 $(CARGO_FUZZ) fuzz run --fuzz-dir interop/fuzz/coverage --target-dir $(FUZZ_DIR) \
	    --sanitizer none target $(FUZZ_DIR)/found/$(or $(FUZZ),receive) $(abspath interop/fuzz/corpora)/$(or $(FUZZ),receive) -- \
	    -max_total_time=$(or $(SECONDS),60) -max_len=4096 -artifact_prefix=$(FUZZ_DIR)/failures/$(or $(FUZZ),receive)-

$(TARGET_DIR)/tools/bin/cargo-fuzz:
	$(CARGO) install --locked --root $(TARGET_DIR)/tools --version $(FUZZ_VERSION) cargo-fuzz
