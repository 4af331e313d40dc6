# Sluice's commands. Each installs the system packages it misses (Debian, as root or by sudo).
# `swift build` and `swift test` work without make where the packages are there.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-trie bench-micro bench-check build-packages test-packages \
    bench-packages envoy toolchain

build_packages := libssl-dev libsqlite3-dev
bench_packages := $(build_packages) nginx libnginx-mod-stream haproxy mariadb-server wrk python3 \
    python3-venv
test_packages  := $(bench_packages) mariadb-client curl iproute2

help:
	@echo 'make demo        build, then run a gateway in front of a sample warehouse'
	@echo 'make test        build, then run every test, the ones against real servers included'
	@echo 'make lint        check the format and the direction of imports'
	@echo 'make bench       measure side by side with HAProxy, nginx and Envoy'
	@echo 'make bench-trie  measure lookups in lists of CIDR blocks'
	@echo 'make bench-micro measure each decision and wire format of the pure core'
	@echo 'make bench-check run both once, to see that they still run'
	@echo 'Options for what they run: make demo DEMO="--mysql-port 9130",'
	@echo 'make test TEST="--filter DemoTests", make bench BENCH="--only churn"'

demo: toolchain build-packages
	swift build -c release --product sluice
	exec "$$(swift build -c release --show-bin-path)/sluice" demo $(DEMO)

test: toolchain test-packages envoy
	swift build --build-tests
	.ci/test $(TEST)

lint: toolchain build-packages
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	swift build --build-tests --explicit-target-dependency-import-check error

bench: toolchain bench-packages envoy
	swift build -c release --product sluice
	python3 Benchmarks/peers/run.py \
	    --sluice "$$(swift build -c release --show-bin-path)/sluice" $(BENCH)

bench-trie: toolchain build-packages
	swift run -c release --package-path Benchmarks/trie TrieBenchmark $(BENCH)

bench-micro: toolchain build-packages
	swift package --package-path Benchmarks/micro benchmark --grouping metric $(BENCH)

# A benchmark of the library's plugin that throws is only left out; run by itself, it fails.
bench-check: toolchain build-packages
	BENCHMARK_ONCE=1 swift run -c release --package-path Benchmarks/micro PureCore >/dev/null
	swift run -c release --package-path Benchmarks/trie TrieBenchmark --rounds 1

build-packages:
	@.ci/install $(build_packages)

test-packages:
	@.ci/install $(test_packages)

bench-packages:
	@.ci/install $(bench_packages)

# Needs python3-venv, which the packages of tests and benchmarks bring.
envoy: | bench-packages
	@.ci/install-envoy

toolchain:
	@command -v swift >/dev/null || { \
	    echo 'A Swift 6.2 toolchain (or later) is missing: https://www.swift.org/install' >&2; \
	    exit 1; }
