# Sluice's make targets. Each installs missing system packages (Debian, as root or with sudo).
# `swift build` and `swift test` work without make if the packages are installed.

.DEFAULT_GOAL := help
.PHONY: help demo release install uninstall test test-api test-acme test-sso test-console \
    test-ktls test-stream-load test-install lint bench bench-trie bench-policy bench-micro \
    bench-check build-packages release-packages test-packages acme-packages sso-packages \
    console-packages ktls-packages stream-load-packages bench-packages envoy drivers toolchain

# Where `make install` installs; DESTDIR is prepended.
PREFIX ?= /usr/local

build_packages := libsqlite3-dev libssl-dev libyaml-dev
release_packages := $(build_packages) binutils python3
bench_packages := $(build_packages) nginx libnginx-mod-stream haproxy mariadb-server wrk python3 \
    python3-venv
test_packages  := $(bench_packages) mariadb-client curl iproute2 openssl util-linux bind9 \
    bind9-dnsutils bind9-utils unbound openjdk-17-jdk-headless libmariadb-java
acme_packages := $(build_packages) openssl python3 python3-venv
sso_packages := $(build_packages) python3 python3-venv chromium chromium-driver
console_packages := $(sso_packages) nginx mariadb-server mariadb-client curl iproute2
ktls_packages := $(build_packages) binutils busybox-static cpio curl openssl python3 qemu-system-x86
stream_load_packages := $(build_packages) curl haproxy nginx nodejs openjdk-17-jdk-headless openssl \
    python3 python3-venv
install_test_packages := $(release_packages) curl fish mandoc zsh

# One set of flags, so that targets share build products.
build_release := swift build -c release --static-swift-stdlib --product sluice
# What `make release` produces and `make install` copies.
package := .build/package

help:
	@echo 'make demo        build, then run a gateway in front of a sample warehouse'
	@echo 'make release     build for installation: runs without a toolchain'
	@echo 'make install     install under PREFIX (/usr/local); make uninstall removes it'
	@echo 'make test        build, then run all tests, including those against real servers'
	@echo 'make test-api    test a gateway against the description of its own API'
	@echo 'make test-acme   obtain certificates from a directory that certbot finds honest'
	@echo 'make test-sso    test single sign-on with a real provider and a real browser'
	@echo 'make test-console go through the journeys of the console in a real browser'
	@echo 'make test-ktls   test TLS in the kernel, in a virtual machine whose kernel has it'
	@echo 'make test-stream-load load through a gateway by curl, Python, Java and Node'
	@echo 'make lint        check formatting and the direction of imports'
	@echo 'make bench       compare with HAProxy, nginx and Envoy, side by side'
	@echo 'make bench-trie  benchmark lookups in lists of CIDR blocks'
	@echo 'make bench-policy benchmark changes of the policy: time and memory'
	@echo 'make bench-micro benchmark each decision and wire format of the core'
	@echo 'make bench-check run the last three once, to check that they still work'
	@echo 'Pass options on: make demo DEMO="--mysql-port 9130",'
	@echo 'make test TEST="--filter DemoTests", make bench BENCH="--only churn"'

demo: toolchain build-packages
	$(build_release)
	exec "$$($(build_release) --show-bin-path)/sluice" demo $(DEMO)

release: toolchain release-packages
	$(build_release)
	rm -rf $(package)
	mkdir -p $(package)/man $(package)/completions
	strip -o $(package)/sluice "$$($(build_release) --show-bin-path)/sluice"
	for shell in bash zsh fish; do \
	    $(package)/sluice --generate-completion-script $$shell \
	        >$(package)/completions/sluice.$$shell || exit 1; \
	done
	$(package)/sluice --experimental-dump-help | python3 Packaging/manual.py $(package)/man

# Run as root; needs neither the toolchain nor its packages.
prefix := $(DESTDIR)$(PREFIX)
install:
	@test -x $(package)/sluice || { echo 'Nothing to install: run make release first' >&2; exit 1; }
	install -D -m 755 $(package)/sluice $(prefix)/bin/sluice
	install -d $(prefix)/share/man/man1 $(prefix)/share/doc/sluice
	install -m 644 $(package)/man/*.1 $(prefix)/share/man/man1
	install -m 644 README.md CHANGELOG.md LICENSE docs/*.md docs/sluice.example.* \
	    $(prefix)/share/doc/sluice
	install -D -m 644 $(package)/completions/sluice.bash \
	    $(prefix)/share/bash-completion/completions/sluice
	install -D -m 644 $(package)/completions/sluice.zsh $(prefix)/share/zsh/site-functions/_sluice
	install -D -m 644 $(package)/completions/sluice.fish \
	    $(prefix)/share/fish/vendor_completions.d/sluice.fish
	install -d $(prefix)/lib/systemd/system
	sed 's|/usr/local|$(PREFIX)|' Packaging/sluice.service \
	    >$(prefix)/lib/systemd/system/sluice.service
	sed 's|/usr/local|$(PREFIX)|; s|^ExecStart=.*|& --bind-patience 300|' Packaging/sluice.service \
	    >$(prefix)/lib/systemd/system/sluice@.service

uninstall:
	rm -f $(prefix)/bin/sluice
	rm -f $(prefix)/share/man/man1/sluice.1 $(prefix)/share/man/man1/sluice-*.1
	rm -rf $(prefix)/share/doc/sluice
	rm -f $(prefix)/share/bash-completion/completions/sluice
	rm -f $(prefix)/share/zsh/site-functions/_sluice
	rm -f $(prefix)/share/fish/vendor_completions.d/sluice.fish
	rm -f $(prefix)/lib/systemd/system/sluice.service $(prefix)/lib/systemd/system/sluice@.service

test: toolchain test-packages envoy drivers
	swift build --build-tests
	.ci/test $(TEST)

test-api: toolchain test-packages
	swift build --product sluice
	.ci/test-api $(TEST)

test-acme: toolchain acme-packages
	swift build --product ACMEClient
	.ci/test-acme $(TEST)

test-sso: toolchain sso-packages
	swift build --product sluice
	.ci/test-sso $(TEST)

test-ktls: toolchain ktls-packages
	swift build --product sluice
	.ci/test-ktls $(TEST)

test-console: toolchain console-packages
	swift build --product sluice
	.ci/test-console $(TEST)

test-stream-load: toolchain stream-load-packages
	swift build --product sluice
	.ci/test-stream-load $(TEST)

test-install: release
	@.ci/install $(install_test_packages)
	.ci/test-install

# Only GRDB brings in the whole of Foundation (docs/decisions/0027).
lint: toolchain build-packages
	! grep -rnE '^[a-z ]*import Foundation(Networking|XML)?$$' Sources
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	swift build --build-tests --explicit-target-dependency-import-check error

bench: toolchain bench-packages envoy
	$(build_release)
	python3 Benchmarks/peers/run.py \
	    --sluice "$$($(build_release) --show-bin-path)/sluice" $(BENCH)

bench-trie: toolchain build-packages
	swift run -c release --package-path Benchmarks/trie TrieBenchmark $(BENCH)

bench-policy: toolchain build-packages
	$(build_release)
	swift run -c release --package-path Benchmarks/micro PolicyBenchmark
	python3 Benchmarks/policy/reload.py \
	    --sluice "new=$$($(build_release) --show-bin-path)/sluice" $(BENCH)

bench-micro: toolchain build-packages
	swift package --package-path Benchmarks/micro benchmark --grouping metric $(BENCH)

# The benchmark plugin skips a benchmark that throws; run directly, it fails.
bench-check: toolchain build-packages
	BENCHMARK_ONCE=1 swift run -c release --package-path Benchmarks/micro PureCore >/dev/null
	swift run -c release --package-path Benchmarks/micro PolicyBenchmark 3
	swift run -c release --package-path Benchmarks/trie TrieBenchmark --rounds 1

build-packages:
	@.ci/install $(build_packages)

release-packages:
	@.ci/install $(release_packages)

test-packages:
	@.ci/install $(test_packages)

acme-packages:
	@.ci/install $(acme_packages)

sso-packages:
	@.ci/install $(sso_packages)

ktls-packages:
	@.ci/install $(ktls_packages)

console-packages:
	@.ci/install $(console_packages)

stream-load-packages:
	@.ci/install $(stream_load_packages)

bench-packages:
	@.ci/install $(bench_packages)

# Needs python3-venv, which is among the test and benchmark packages.
envoy: | bench-packages
	@.ci/install-envoy

# MySQL drivers for Python.
drivers: | test-packages
	@.ci/install-drivers

toolchain:
	@command -v swift >/dev/null || { \
	    echo 'Swift 6.2 or later is required: https://www.swift.org/install' >&2; \
	    exit 1; }
