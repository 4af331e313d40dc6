# Sluice's commands. Each installs the system packages it misses (Debian, as root or by sudo).
# `swift build` and `swift test` work without make where the packages are there.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-trie build-packages test-packages bench-packages toolchain

build_packages := libssl-dev libsqlite3-dev
test_packages  := $(build_packages) mariadb-server mariadb-client nginx haproxy curl python3 \
    iproute2
bench_packages := $(build_packages) nginx libnginx-mod-stream haproxy curl wrk python3

help:
	@echo 'make demo    build, then run a gateway in front of a sample warehouse'
	@echo 'make test    build, then run every test, the ones against real servers included'
	@echo 'make lint    check the format and the direction of imports'
	@echo 'make bench   measure side by side with HAProxy and nginx'
	@echo 'make bench-trie  measure lookups in lists of CIDR blocks'
	@echo 'Options for what they run: make demo DEMO="--mysql-port 9130",'
	@echo 'make test TEST="--filter DemoTests", make bench BENCH="--rounds 9"'

demo: toolchain build-packages
	swift build -c release --product sluice
	exec "$$(swift build -c release --show-bin-path)/sluice" demo $(DEMO)

test: toolchain test-packages
	swift build --build-tests
	.ci/test $(TEST)

lint: toolchain build-packages
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	swift build --build-tests --explicit-target-dependency-import-check error

bench: toolchain bench-packages
	swift build -c release --product sluice
	python3 Benchmarks/peers/run.py \
	    --sluice "$$(swift build -c release --show-bin-path)/sluice" $(BENCH)

bench-trie: toolchain build-packages
	swift run -c release --package-path Benchmarks/trie TrieBenchmark $(BENCH)

build-packages:
	@.ci/install $(build_packages)

test-packages:
	@.ci/install $(test_packages)

bench-packages:
	@.ci/install $(bench_packages)

toolchain:
	@command -v swift >/dev/null || { \
	    echo 'A Swift 6.2 toolchain (or later) is missing: https://www.swift.org/install' >&2; \
	    exit 1; }
