// swift-tools-version: 6.2
import PackageDescription

/// How long a change of the policy takes until every worker obeys it:
///
///     swift run -c release --package-path Benchmarks/policy PolicyBenchmark
///
/// The data plane is built from its sources, by the link `Gateway`: none of the gateway's other
/// dependencies is built.
let package = Package(
    name: "policy-benchmark",
    targets: [
        .gateway("Addresses"),
        .gateway("Checksums"),
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
                "AddressFeeds", "Addresses", "CIDRTrie", "Policy", "ProxyProtocol", "Text", "Time",
                "Traffic",
            ]
        ),
        .gateway(
            "Operations",
            ["Addresses", "CIDRTrie", "Policy", "Settings", "Text", "Time", "Traffic"]
        ),
        .target(name: "CSockets", path: "Gateway/CSockets"),
        .gateway("Sockets", ["Addresses", "CSockets"]),
        .gateway(
            "Engine",
            [
                "Addresses", "CIDRTrie", "HTTPProtocol", "Operations", "Policy", "ProxyProtocol",
                "Settings", "Sockets", "Text", "Time", "Traffic",
            ]
        ),
        .executableTarget(
            name: "PolicyBenchmark",
            dependencies: [
                "Addresses", "CIDRTrie", "Engine", "Operations", "Policy", "Settings", "Sockets",
                "Traffic",
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

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
