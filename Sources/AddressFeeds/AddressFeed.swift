package import Addresses
import FoundationEssentials

/// A cloud's published list of its addresses.
///
/// ```swift
/// let feed = AddressFeed(parsing: bytes, as: .aws, filter: FeedFilter(services: ["EC2"]))
/// guard feed.errors.isEmpty else { … }
/// ```
///
/// An invalid prefix does not keep the others from being read; check ``errors`` first, so that no
/// list with a hole in it is used by mistake.
package struct AddressFeed: Sendable {
    /// One block of the feed.
    package struct Entry: Hashable, Sendable {
        package var block: CIDRBlock
        /// Service and region: `EC2 eu-west-1`.
        package var description: String
        package var path: FeedPath
    }

    /// Further errors are only counted.
    package static let errorLimit = 100

    /// In the order of the file, without duplicates. Feeds list a block under the cloud as a whole
    /// (`AMAZON`) and under its service (`EC2`): the service is kept, the first one of several.
    package let entries: [Entry]
    /// In the order of the file.
    package let errors: [FeedError]
    /// The number of errors beyond ``errors``.
    package let furtherErrorCount: Int
    /// Values of the filter that nothing in the feed has.
    package let unmatchedFilters: [UnmatchedFilter]
    /// Whether the filter leaves nothing, although the feed has each of its values.
    package var isFilteredOut: Bool { isFiltered && entries.isEmpty && unmatchedFilters.isEmpty }
    private let isFiltered: Bool

    /// - Complexity: O(*n*) for *n* bytes.
    package init(
        parsing bytes: [UInt8],
        as format: FeedFormat,
        filter: FeedFilter = FeedFilter()
    ) {
        var collector = FeedCollector(filter: filter)
        do {
            try format.document(bytes).collect(into: &collector)
        } catch {
            collector.report(FeedError(error))
        }
        entries = collector.entries
        errors = collector.errors
        furtherErrorCount = collector.errorCount - errors.count
        // What could not be read may have had these values.
        isFiltered = !filter.isEmpty && errors.isEmpty
        unmatchedFilters = errors.isEmpty ? collector.matcher.unmatched : []
    }
}

extension FeedFormat {
    fileprivate func document(_ bytes: [UInt8]) throws -> any FeedDocument {
        let decoder = JSONDecoder()
        let data = Data(bytes)
        return switch self {
        case .aws: try decoder.decode(AWSFeed.self, from: data)
        case .azure: try decoder.decode(AzureFeed.self, from: data)
        case .google: try decoder.decode(GoogleFeed.self, from: data)
        }
    }
}

// MARK: - Places and errors

/// Where a prefix is in a feed, as jq(1) writes it: `prefixes[12].ip_prefix`.
///
/// A path and not a line: most feeds come as one line.
package struct FeedPath: Hashable, Sendable {
    /// The keys on the way to a prefix.
    enum Key: String, Hashable, Sendable {
        case prefixes
        case awsIPv6Prefixes = "ipv6_prefixes"
        case awsIPv4Prefix = "ip_prefix"
        case awsIPv6Prefix = "ipv6_prefix"
        case azureTags = "values"
        case azurePrefixes = "properties.addressPrefixes"
        case googleIPv4Prefix = "ipv4Prefix"
        case googleIPv6Prefix = "ipv6Prefix"
    }

    var list: Key
    /// Counted from 0.
    var index: Int
    var key: Key?
    /// The index in Azure's inner list.
    var innerIndex: Int?
}

extension FeedPath: CustomStringConvertible {
    package var description: String {
        "\(list.rawValue)[\(index)]" + (key.map { ".\($0.rawValue)" } ?? "")
            + (innerIndex.map { "[\($0)]" } ?? "")
    }
}

/// Why a part of a feed cannot be read. The caller adds the file's name.
package struct FeedError: Error, Hashable, Sendable {
    /// As in ``FeedPath``; empty for the whole file.
    package var path: String
    /// What is wrong, and what to do about it.
    package var message: String
}

extension FeedError: CustomStringConvertible {
    /// `prefixes[12].ip_prefix: …`
    package var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

extension FeedError {
    /// The errors of the JSON decoder.
    fileprivate init(_ error: any Error) {
        switch error {
        case DecodingError.typeMismatch(let type, let context),
            DecodingError.valueNotFound(let type, let context):
            self.init(
                path: Self.text(context.codingPath),
                message: "expected \(Self.name(of: type))"
            )
        case DecodingError.dataCorrupted(let context):
            self.init(
                path: Self.text(context.codingPath),
                message: "invalid JSON (download the file again; jq finds the place)"
            )
        default:
            self.init(path: "", message: "\(error)".printable)
        }
    }

    /// What JSON calls it.
    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is [Any].Type: "an array"
        default: "an object"
        }
    }

    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}
