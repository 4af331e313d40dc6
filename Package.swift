// swift-tools-version: 6.2
import PackageDescription

/// Sluice, in one direction (docs/architecture.md):
///
///     CSockets ◄─ Sockets ◄─ Engine ◄─ Control ◄─ sluice
///                   │  Credentials ◄─ Store ◄─┘    │
///                   │   └◄─ LoadTesting ◄──────────┘
///                   └── all import ──► the pure core:
///
///     Text ◄ Time ◄ CIDRTrie ◄ Policy ◄ Traffic ◄ Settings ◄ Operations
///       Addresses, Checksums ┘      └► ProxyProtocol       └► AddressFeeds
let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "CIDRTrie", targets: ["CIDRTrie", "Addresses"]),
        .library(name: "ProxyProtocol", targets: ["ProxyProtocol", "Addresses"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its traits it needs only FoundationEssentials (docs/decisions/0017).
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            from: "2.28.1",
            traits: []
        ),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The pure core: values and decisions. No I/O, no clock, no Foundation.
        .target(name: "Addresses", swiftSettings: strict),
        .target(name: "Checksums", swiftSettings: strict),
        .target(name: "DomainNames", swiftSettings: strict),
        .target(
            name: "DNSProtocol",
            dependencies: ["Addresses", "DomainNames"],
            swiftSettings: strict
        ),
        .target(name: "Text", swiftSettings: strict),
        .target(name: "HTTPProtocol", dependencies: ["Text"], swiftSettings: strict),
        .target(name: "MySQLProtocol", dependencies: ["Text"], swiftSettings: strict),
        .target(name: "Time", dependencies: ["Text"], swiftSettings: strict),
        .target(
            name: "CIDRTrie",
            dependencies: ["Addresses", "Checksums", "Time"],
            swiftSettings: strict
        ),
        // The only one of them that needs FoundationEssentials, for its JSON decoder.
        .target(
            name: "AddressFeeds",
            dependencies: ["Addresses", "Text"],
            swiftSettings: strict
        ),
        .target(
            name: "ProxyProtocol",
            dependencies: ["Addresses", "Checksums"],
            swiftSettings: strict
        ),
        .target(
            name: "Policy",
            dependencies: ["Addresses", "CIDRTrie", "ProxyProtocol", "Text", "Time"],
            swiftSettings: strict
        ),
        .target(
            name: "Traffic",
            dependencies: [
                "Addresses", "CIDRTrie", "HTTPProtocol", "MySQLProtocol", "Policy",
                "ProxyProtocol", "Text",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Settings",
            dependencies: [
                "Addresses", "AddressFeeds", "CIDRTrie", "DNSProtocol", "DomainNames", "Policy",
                "ProxyProtocol", "Text", "Time", "Traffic",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Operations",
            dependencies: [
                "Addresses", "CIDRTrie", "DNSProtocol", "DomainNames", "NameService", "Policy",
                "Settings", "Text", "Time", "Traffic",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "NameService",
            dependencies: [
                "Addresses", "DNSProtocol", "DomainNames", "Policy", "Settings", "Traffic",
            ],
            swiftSettings: strict
        ),

        // The data plane.
        .target(name: "CSockets"),
        .target(name: "Sockets", dependencies: ["Addresses", "CSockets"], swiftSettings: strict),
        // TLS by OpenSSL, over bytes.
        .target(
            name: "TLS",
            dependencies: ["COpenSSL", "DomainNames", "Sockets", "Text", "Traffic"],
            swiftSettings: strict
        ),
        .target(
            name: "Engine",
            dependencies: [
                "Addresses", "CIDRTrie", "DomainNames", "HTTPProtocol", "MySQLClient",
                "MySQLProtocol", "Operations", "Policy", "ProxyProtocol", "Settings", "Sockets",
                "Text", "Time", "TLS", "Traffic", "NameService",
            ],
            swiftSettings: strict
        ),

        // Tools: the load generator of `sluice bench`, and what it needs.
        .target(
            name: "SeededRandom",
            path: "Sources/Tools/SeededRandom",
            swiftSettings: strict
        ),
        .target(
            name: "COpenSSL",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        // Also for the control plane, which sets a warehouse's password.
        .target(
            name: "MySQLClient",
            dependencies: ["COpenSSL", "MySQLProtocol"],
            swiftSettings: strict
        ),
        .target(
            name: "LoadTesting",
            dependencies: [
                "Addresses", "HTTPProtocol", "MySQLClient", "MySQLProtocol", "ProxyProtocol",
                "SeededRandom", "Sockets", "Text", "Time", "Traffic",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Sources/Tools/LoadTesting",
            swiftSettings: strict
        ),

        // The control plane.
        .target(
            name: "Credentials",
            dependencies: [
                "Addresses", "Text", "Time",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Store",
            dependencies: [
                "Addresses", "Checksums", "CIDRTrie", "Credentials", "Policy", "Sockets", "Text",
                "Time",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        // Certificates by ACME. Whoever uses it brings the network.
        .target(
            name: "ACME",
            dependencies: [
                "Credentials", "Operations", "Settings", "Sockets", "Text", "Time",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        // The console's pages, as text.
        .target(
            name: "Console",
            dependencies: [
                "Checksums", "Text", "Time",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict
        ),
        .target(name: "CYAML", linkerSettings: [.linkedLibrary("yaml")]),
        .target(
            name: "Control",
            dependencies: [
                "Addresses", "Checksums", "CIDRTrie", "Console", "Credentials", "CYAML",
                "DomainNames", "Engine", "MySQLClient", "Operations", "Policy", "Settings",
                "Sockets", "Store", "Text", "Time", "TLS", "Traffic", "DNSProtocol", "NameService",
                "ACME",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SampleWarehouse",
            dependencies: [
                "Addresses", "MySQLClient", "MySQLProtocol", "ProxyProtocol", "Text", "Traffic",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Tools/SampleWarehouse",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Addresses", "AddressFeeds", "CIDRTrie", "Control", "Credentials", "LoadTesting",
                "MySQLClient", "Operations", "Policy", "ProxyProtocol", "SampleWarehouse",
                "Settings", "Sockets", "Store", "Text", "Time", "Traffic",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),

        // For tests only: captured packets and hostile texts.
        .target(
            name: "TestInputs",
            dependencies: ["SeededRandom"],
            path: "Tests/TestInputs",
            swiftSettings: strict
        ),
        // For tests only: configurations in few words.
        .target(
            name: "Configurations",
            dependencies: [
                "Addresses", "CIDRTrie", "Operations", "Policy", "Settings", "Time", "Traffic",
            ],
            path: "Tests/Configurations",
            swiftSettings: strict
        ),
        // For tests only: ports that nobody else is given.
        .target(
            name: "FreePorts",
            dependencies: ["Addresses", "Sockets"],
            path: "Tests/FreePorts",
            swiftSettings: strict
        ),
        // For tests only: HTTP servers that answer from a script.
        .target(
            name: "ScriptedServers",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/ScriptedServers",
            swiftSettings: strict
        ),
        // For tests only: the ACME client without a gateway.
        .executableTarget(
            name: "ACMEClient",
            dependencies: [
                "ACME", "Control", "Operations", "Settings", "Sockets", "Time",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/ACME/Client",
            swiftSettings: strict
        ),
        .testTarget(
            name: "ACMETests",
            dependencies: [
                "ACME", "Credentials", "Operations", "SeededRandom", "Settings", "Sockets", "Text",
                "Time",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AddressesTests",
            dependencies: ["Addresses", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AddressFeedsTests",
            dependencies: ["Addresses", "AddressFeeds", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConsoleTests",
            dependencies: ["Console", "Text", "Time"],
            swiftSettings: strict
        ),
        .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"], swiftSettings: strict),
        .testTarget(name: "DomainNamesTests", dependencies: ["DomainNames"], swiftSettings: strict),
        .testTarget(
            name: "NameServiceTests",
            dependencies: [
                "Addresses", "DNSProtocol", "DomainNames", "NameService", "Policy", "SeededRandom",
                "Settings", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DNSProtocolTests",
            dependencies: ["Addresses", "DNSProtocol", "DomainNames", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CIDRTrieTests",
            dependencies: ["Addresses", "CIDRTrie", "SeededRandom", "Time"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProxyProtocolTests",
            dependencies: ["Addresses", "ProxyProtocol", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPProtocolTests",
            dependencies: ["HTTPProtocol", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MySQLProtocolTests",
            dependencies: ["MySQLProtocol", "SeededRandom", "TestInputs"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MySQLClientTests",
            dependencies: ["MySQLClient", "MySQLProtocol"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TextTests",
            dependencies: ["SeededRandom", "TestInputs", "Text"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TimeTests",
            dependencies: ["CIDRTrie", "SeededRandom", "Text", "Time"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PolicyTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Configurations", "Policy", "SeededRandom", "Settings",
                "Time", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CredentialsTests",
            dependencies: ["Addresses", "Credentials", "Time"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Credentials", "Policy", "SeededRandom", "Store", "Text",
                "Time",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TrafficTests",
            dependencies: [
                "Addresses", "HTTPProtocol", "MySQLProtocol", "Policy", "ProxyProtocol",
                "SeededRandom", "TestInputs", "Text", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Configurations", "DNSProtocol", "DomainNames",
                "Operations", "Policy", "ProxyProtocol", "Settings", "Text", "Time", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Configurations", "DomainNames", "Operations", "Policy",
                "SeededRandom", "Settings", "TestInputs", "Time", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SocketsTests",
            dependencies: ["Addresses", "FreePorts", "SeededRandom", "Sockets"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TLSTests",
            dependencies: [
                "COpenSSL", "SeededRandom", "Sockets", "TestInputs", "TLS", "Traffic",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LoadTestingTests",
            dependencies: [
                "Addresses", "FreePorts", "LoadTesting", "MySQLClient", "MySQLProtocol",
                "ProxyProtocol", "Sockets", "Text", "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Configurations", "DNSProtocol", "DomainNames", "Engine",
                "FreePorts", "HTTPProtocol", "MySQLClient", "MySQLProtocol", "NameService",
                "Operations",
                "Policy", "SeededRandom", "Settings", "Sockets", "TestInputs", "Time", "TLS",
                "Traffic",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Checksums", "Configurations", "Console", "Control",
                "Credentials", "DNSProtocol", "DomainNames", "Engine", "FreePorts", "MySQLClient",
                "Operations",
                "Policy",
                "NameService", "ScriptedServers",
                "SeededRandom", "Settings", "Sockets", "Store", "TestInputs", "Text", "Time",
                "Traffic",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SampleWarehouseTests",
            dependencies: [
                "Addresses", "CIDRTrie", "MySQLProtocol", "ProxyProtocol", "SampleWarehouse",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Addresses", "CIDRTrie", "Configurations", "Control", "Operations", "Policy",
                "ScriptedServers", "Settings", "Sockets", "Text", "Time", "Traffic", "sluice",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["FreePorts", "SeededRandom"],
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
