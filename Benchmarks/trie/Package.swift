// swift-tools-version: 6.2
import PackageDescription

/// How fast the trie answers, compared to the plain ways to do the same:
///
///     swift run -c release --package-path Benchmarks/trie TrieBenchmark --help
let package = Package(
    name: "trie-benchmark",
    dependencies: [
        .package(name: "sluice", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "TrieBenchmark",
            dependencies: [
                .product(name: "CIDRTrie", package: "sluice"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
