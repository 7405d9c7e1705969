# Each target is one script; what it needs, it installs (scripts/setup says what).
.PHONY: help build demo test compose-test conformance integrity bench bench-check run mutation kernels format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 16

build: ## build everything; nothing when no source changed
	@scripts/build

demo: ## wrk -> HAProxy -> nginx without and with acceleration, measured; then the UI, until Ctrl-C
	@scripts/demo

test: ## every test of every module, on real sockets and in a real browser
	@scripts/test

compose-test: ## docker-compose.yml for real: up, bytes redirected between containers, down, nothing left
	@scripts/compose-test

conformance: build ## what an application can see of acceleration: every socket-API case in every mode and place
	@scripts/setup test
	@conformance/run --report docs/conformance.md

bench: build ## plain TCP against Shunt, taking turns; BENCH_ONLY=REGEX for some cells, BENCH_SHORT=1 for 4 minutes
	@scripts/setup bench
	@bench/run --only "$${BENCH_ONLY:-}" $${BENCH_SHORT:+--short}

bench-check: build ## whether Shunt's wins are still there; about a minute, on a noisy machine too
	@scripts/setup demo test
	@bench/run --check

integrity: build ## 500 connections that check every byte for ten minutes, while Shunt is toggled, killed, upgraded and uninstalled
	@scripts/setup test
	@conformance/prove integrity --long

run: ## a control plane on :8080 that keeps its data below target/run
	@scripts/run

mutation: ## takes the datapath's conditions of safety away, one at a time, and sees that a test fails; may be stopped, and goes on
	@scripts/mutation

kernels: ## what the check says on Debian's 6.1, 6.12 and newest kernel, in QEMU; KERNELS="6.12 7.0", KERNEL_TESTS="traffic.SpliceTest"
	@scripts/kernels

format: ## google-java-format over all Java
	@scripts/format

clean: ## remove what was built; keeps downloaded tools and packages
	@rm -rf target */target ui/dist
