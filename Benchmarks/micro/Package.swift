// swift-tools-version: 6.2
import PackageDescription

/// What one decision and one packet of the pure core take, and whether all that still runs:
///
///     swift package --package-path Benchmarks/micro benchmark --grouping metric
///     BENCHMARK_ONCE=1 swift run -c release --package-path Benchmarks/micro PureCore >/dev/null
///
/// `--filter 'Trie.*'` selects by name. None of the gateway's own dependencies is built.
let package = Package(
    name: "micro-benchmark",
    dependencies: [
        .package(name: "sluice", path: "../.."),
        // Without its traits, for they replace malloc and the runtime's retain and release.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "PureCore",
            dependencies: [
                .product(name: "CIDRTrie", package: "sluice"),
                .product(name: "ProxyProtocol", package: "sluice"),
                .product(name: "SluiceCore", package: "sluice"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/PureCore",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ],
    swiftLanguageModes: [.v6]
)
