# `make demo` shows it, `make test` proves it. Both prepare the machine first (scripts/setup.sh says what that takes).
.PHONY: demo test bench-verify fuzz fmt lint setup

# Set-up, build, and the whole path end to end.
demo:
	scripts/setup.sh demo
	cargo build --locked --package casemate-cli
	target/debug/casemate tour

# Set-up and every test.
test: setup
	scripts/test.sh

setup:
	scripts/setup.sh

# Verifications per second beside dcap-qvl and sev.
bench-verify:
	cargo run --locked --release --package casemate-bench

# One fuzz target for longer: make fuzz T=name [S=seconds].
S ?= 600
fuzz:
	scripts/fuzz.sh $(S) $(T)

fmt:
	cargo fmt --all

lint:
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo xtask layers
	cargo xtask sizes
	cargo deny --log-level warn check licenses bans sources
