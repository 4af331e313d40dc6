// swift-tools-version: 6.2
import PackageDescription

/// Sluice, in one direction (docs/architecture.md):
///
///     CSockets ◄─ Sockets ◄─ Engine ◄─ Control ◄─ sluice
///                   │   └◄─ LoadTesting ◄──────────┘
///                   └── all import ──► Addresses, AddressFeeds, Checksums, CIDRTrie,
///                                      ProxyProtocol, Core
let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "CIDRTrie", targets: ["CIDRTrie", "Addresses"]),
        .library(name: "ProxyProtocol", targets: ["ProxyProtocol", "Addresses"]),
        .library(name: "SluiceCore", targets: ["Core", "Addresses"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Without its traits it needs only FoundationEssentials (docs/decisions/0017).
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            from: "2.28.1",
            traits: []
        ),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The pure core: values and decisions. No I/O, no clock, no Foundation.
        .target(name: "Addresses", swiftSettings: strict),
        .target(name: "Checksums", swiftSettings: strict),
        .target(
            name: "CIDRTrie",
            dependencies: ["Addresses", "Checksums"],
            swiftSettings: strict
        ),
        .target(name: "AddressFeeds", dependencies: ["Addresses"], swiftSettings: strict),
        .target(
            name: "ProxyProtocol",
            dependencies: ["Addresses", "Checksums"],
            swiftSettings: strict
        ),
        .target(
            name: "Core",
            dependencies: ["AddressFeeds", "Addresses", "CIDRTrie", "ProxyProtocol"],
            swiftSettings: strict
        ),

        // The data plane.
        .target(name: "CSockets"),
        .target(name: "Sockets", dependencies: ["Addresses", "CSockets"], swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: ["Addresses", "CIDRTrie", "ProxyProtocol", "Core", "Sockets"],
            swiftSettings: strict
        ),

        // The load generator of `sluice bench`.
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("crypto")]),
        .target(
            name: "LoadTesting",
            dependencies: [
                "Addresses", "COpenSSL", "Core", "ProxyProtocol", "Sockets",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict
        ),

        // The control plane.
        .target(name: "CYAML", linkerSettings: [.linkedLibrary("yaml")]),
        .target(
            name: "Control",
            dependencies: [
                "Addresses", "CIDRTrie", "CYAML", "ProxyProtocol", "Core", "Engine", "Sockets",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SampleWarehouse",
            dependencies: [
                "Addresses", "CIDRTrie", "ProxyProtocol", "Core",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "AddressFeeds", "Addresses", "CIDRTrie", "Core", "Engine", "Control",
                "LoadTesting", "SampleWarehouse", "Sockets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),

        // For tests only: random numbers that a seed repeats.
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
        // For tests only: ports that nobody else is given.
        .target(
            name: "FreePorts",
            dependencies: ["Addresses", "Sockets"],
            path: "Tests/FreePorts",
            swiftSettings: strict
        ),
        .testTarget(
            name: "AddressesTests",
            dependencies: ["Addresses", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AddressFeedsTests",
            dependencies: ["AddressFeeds", "Addresses", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"], swiftSettings: strict),
        .testTarget(
            name: "CIDRTrieTests",
            dependencies: ["CIDRTrie", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProxyProtocolTests",
            dependencies: ["ProxyProtocol", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CoreTests",
            dependencies: ["Addresses", "CIDRTrie", "Core", "ProxyProtocol", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SocketsTests",
            dependencies: ["Addresses", "SeededRandom", "Sockets"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LoadTestingTests",
            dependencies: ["Addresses", "Core", "LoadTesting", "ProxyProtocol", "Sockets"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Core", "Engine", "FreePorts", "ProxyProtocol",
                "SeededRandom", "Sockets",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Addresses", "Control", "Core", "Engine", "FreePorts", "SeededRandom", "Sockets",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SampleWarehouseTests",
            dependencies: [
                "Addresses", "CIDRTrie", "ProxyProtocol", "Core", "SampleWarehouse",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["Addresses", "FreePorts", "ProxyProtocol"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

/// What every target of ours is held to (docs/decisions).
var strict: [SwiftSetting] {
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]
}
