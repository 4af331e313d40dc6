// swift-tools-version: 6.2
import PackageDescription

/// What one decision and one packet of the pure core cost, and whether all that still runs:
///
///     swift package --package-path Benchmarks/micro benchmark --grouping metric
///     BENCHMARK_ONCE=1 swift run -c release --package-path Benchmarks/micro PureCore >/dev/null
///
/// And how long a change of the policy takes until every worker obeys it:
///
///     swift run -c release --package-path Benchmarks/micro PolicyBenchmark
///
/// `--filter 'Trie.*'` selects by name.
///
/// The gateway's targets are built from their sources, by the link `Gateway`, and not through the
/// gateway's package: what they offer to each other has `package` access, and none of the gateway's
/// own dependencies is built.
let package = Package(
    name: "micro-benchmark",
    dependencies: [
        // Without its traits, for they replace malloc and the runtime's retain and release.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: [
        .gateway("Addresses"),
        .gateway("Checksums"),
        .gateway("DomainNames"),
        .gateway("DNSProtocol", ["Addresses", "DomainNames"]),
        .gateway("Text"),
        .gateway("HTTPProtocol", ["Text"]),
        .gateway("MySQLProtocol", ["Text"]),
        .gateway("Time", ["Text"]),
        .gateway("AddressFeeds", ["Addresses"]),
        .gateway("CIDRTrie", ["Addresses", "Checksums", "Time"]),
        .gateway("ProxyProtocol", ["Addresses", "Checksums"]),
        .gateway("Policy", ["Addresses", "CIDRTrie", "ProxyProtocol", "Text", "Time"]),
        .gateway(
            "Traffic",
            [
                "Addresses", "CIDRTrie", "HTTPProtocol", "MySQLProtocol", "Policy",
                "ProxyProtocol", "Text",
            ]
        ),
        .gateway(
            "Settings",
            [
                "Addresses", "AddressFeeds", "CIDRTrie", "DNSProtocol", "DomainNames", "Policy",
                "ProxyProtocol", "Text", "Time", "Traffic",
            ]
        ),
        .gateway(
            "Operations",
            [
                "Addresses", "CIDRTrie", "DNSProtocol", "DomainNames", "NameService", "Policy",
                "Settings", "Text", "Time", "Traffic",
            ]
        ),
        .gateway(
            "NameService",
            ["Addresses", "DNSProtocol", "DomainNames", "Policy", "Settings", "Traffic"]
        ),
        .target(
            name: "COpenSSL",
            path: "Gateway/COpenSSL",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .gateway("MySQLClient", ["COpenSSL", "MySQLProtocol"]),
        .gateway("TLS", ["COpenSSL", "Sockets", "Text", "Traffic"]),
        .target(name: "CSockets", path: "Gateway/CSockets"),
        .gateway("Sockets", ["Addresses", "CSockets"]),
        .gateway(
            "Engine",
            [
                "Addresses", "CIDRTrie", "DomainNames", "HTTPProtocol", "MySQLClient",
                "MySQLProtocol", "NameService", "Operations", "Policy", "ProxyProtocol", "Settings",
                "Sockets", "Text", "Time", "TLS", "Traffic",
            ]
        ),
        .executableTarget(
            name: "PolicyBenchmark",
            dependencies: [
                "Addresses", "CIDRTrie", "Engine", "Operations", "Policy", "Settings", "Sockets",
                "Traffic",
            ],
            path: "Benchmarks/PolicyBenchmark"
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
    static func gateway(_ name: String, _ dependencies: [Dependency] = []) -> Target {
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
