# Every target needs Rust and a C compiler, and nothing else. `make` alone lists them.
#
# Everything is built in the dev profile, where dependencies are optimised (Cargo.toml): tests, demo and vectors share
# what they build. All features are on, since features only add; those that choose how a C library is built are not.

CARGO ?= cargo
FEATURES := --features mls-crypto-rustcrypto/curve448,mls-crypto-traits/conformance,mls-core/conformance

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

# cargo-nextest where it is installed, cargo test elsewhere.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
TESTS = $(CARGO) nextest run --locked --workspace $(FEATURES) --no-fail-fast
else
TESTS = $(CARGO) test --locked --workspace $(FEATURES) --no-fail-fast --lib --bins --tests
endif

# cargo-deny where it is installed; else one under the target directory, installed at first use.
DENY_VERSION := 0.20.2
DENY := $(or $(shell command -v cargo-deny),$(TARGET_DIR)/tools/bin/cargo-deny)

.DEFAULT_GOAL := help
.PHONY: help test test-unit test-doc demo vectors lint fmt-check clippy doc features deny package publish-dry-run ci

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: test-unit test-doc ## Run all tests: unit, integration and documentation

test-unit: ## Run unit and integration tests
	$(TESTS)

test-doc: ## Run the examples in the documentation
	$(CARGO) test --locked --workspace $(FEATURES) --no-fail-fast --doc

demo: ## Run the demonstration: a group of four processes
	$(CARGO) run --locked -p interop --bin mls-demo

vectors: ## Run the official test vectors and print a table
	$(CARGO) run --locked -p interop --bin mls-vectors -- verify

lint: fmt-check clippy doc ## Check format, lints and documentation

fmt-check: ## Check the format
	$(CARGO) fmt --all --check

clippy: ## Check the lints
	$(CARGO) clippy --locked --workspace --all-targets $(FEATURES) -- -D warnings

doc: ## Build the documentation, without warnings
	RUSTDOCFLAGS="-D warnings $(RUSTDOCFLAGS)" $(CARGO) doc --locked --workspace $(FEATURES) --no-deps

features: ## Check the crates without default features, and without std
	CARGO="$(CARGO)" scripts/features.sh

deny: $(DENY) ## Check licences, bans and sources of the dependencies
	$(DENY) --locked --workspace check --hide-inclusion-graph licenses bans sources

$(TARGET_DIR)/tools/bin/cargo-deny:
	$(CARGO) install --locked --root $(TARGET_DIR)/tools --version $(DENY_VERSION) cargo-deny

package: ## Pack every published crate and build it from the package
	CARGO="$(CARGO)" scripts/package.sh

publish-dry-run: ## Rehearse the release of all crates at once; uploads nothing
	$(CARGO) publish --locked --workspace --dry-run

ci: ## Run everything that a change must pass
	.ci/run

# Which requirement of RFC 9420 is enforced where, and which test proves it (interop/README.md).
.PHONY: conformance conformance-strict conformance-break
conformance: ## Print which requirements have a test
	$(CARGO) run --locked -p interop --bin mls-conformance -- --totals

conformance-strict: ## The same, in full; fail on what is missing or does not run (needs nextest)
	$(CARGO) nextest list --locked --workspace $(FEATURES) --message-format json > $(TARGET_DIR)/tests.json
	$(CARGO) run --locked -p interop --bin mls-conformance -- --strict --ran $(TARGET_DIR)/tests.json

conformance-break: ## Disable lines that carry an id; their tests must fail (needs nextest)
	$(CARGO) run --locked -p interop --bin mls-conformance -- break $(or $(BREAK),--sample 40)

.PHONY: vectors-own
vectors-own: ## Run the test vectors of our own making, which are in the repository
	$(CARGO) run --locked -p interop --bin mls-vectors -- verify interop/vectors
