// swift-tools-version: 6.2
import PackageDescription

/// What one decision and one packet of the pure core cost, and whether all that still runs:
///
///     swift package --package-path Benchmarks/micro benchmark --grouping metric
///     BENCHMARK_ONCE=1 swift run -c release --package-path Benchmarks/micro PureCore >/dev/null
///
/// `--filter 'Trie.*'` selects by name.
///
/// The gateway's pure targets are built from their sources, by the link `Gateway`, and not through
/// the gateway's package: what they offer to each other has `package` access, and none of the
/// gateway's own dependencies is built.
let package = Package(
    name: "micro-benchmark",
    dependencies: [
        // Without its traits, for they replace malloc and the runtime's retain and release.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: [
        .pure("Addresses"),
        .pure("Checksums"),
        .pure("Text"),
        .pure("HTTPProtocol", ["Text"]),
        .pure("MySQLProtocol", ["Text"]),
        .pure("Time", ["Text"]),
        .pure("AddressFeeds", ["Addresses"]),
        .pure("CIDRTrie", ["Addresses", "Checksums", "Time"]),
        .pure("ProxyProtocol", ["Addresses", "Checksums"]),
        .pure("Policy", ["Addresses", "CIDRTrie", "ProxyProtocol", "Text", "Time"]),
        .pure(
            "Traffic",
            [
                "Addresses", "CIDRTrie", "HTTPProtocol", "MySQLProtocol", "Policy",
                "ProxyProtocol", "Text",
            ]
        ),
        .pure(
            "Settings",
            [
                "Addresses", "AddressFeeds", "CIDRTrie", "Policy", "ProxyProtocol", "Text", "Time",
                "Traffic",
            ]
        ),
        .pure(
            "Operations",
            ["Addresses", "CIDRTrie", "Policy", "Settings", "Text", "Time", "Traffic"]
        ),
        .executableTarget(
            name: "PureCore",
            dependencies: [
                "Addresses", "CIDRTrie", "HTTPProtocol", "MySQLProtocol", "Operations", "Policy",
                "ProxyProtocol", "Time", "Traffic",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/PureCore",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

extension Target {
    /// A target of the gateway, with the settings that its sources are written for.
    static func pure(_ name: String, _ dependencies: [Dependency] = []) -> Target {
        .target(
            name: name,
            dependencies: dependencies,
            path: "Gateway/\(name)",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]
        )
    }
}
