public import Addresses

/// A cloud's published list of its addresses.
///
///     let feed = AddressFeed(parsing: bytes, as: .aws, filter: FeedFilter(services: ["EC2"]))
///     guard feed.faults.isEmpty else { … }
///
/// A fault costs its own entry only, and what is no JSON costs the rest of the file; so that no
/// list with a hole in it is used by mistake, check ``faults`` first.
public struct AddressFeed: Sendable {
    /// One block of the feed.
    public struct Entry: Hashable, Sendable {
        public var block: CIDRBlock
        /// Service and region: `EC2 eu-west-1`.
        public var description: String
        public var place: FeedPlace
    }

    /// More are counted only.
    public static let faultLimit = 100

    /// In the order of the file, none of them twice. Feeds list a block under a cloud's whole
    /// (`AMAZON`) and under its service (`EC2`): the service counts, of several the first.
    public private(set) var entries: [Entry] = []
    /// In the order of the file.
    public private(set) var faults: [FeedFault] = []
    /// Faults beyond those in ``faults``.
    public private(set) var furtherFaultCount = 0
    /// Values of the filter that nothing in the feed has.
    public let unmatchedFilters: [UnmatchedFilter]
    /// Whether the filter leaves nothing, though the feed has each of its values.
    public var isFilteredOut: Bool { isFiltered && entries.isEmpty && unmatchedFilters.isEmpty }
    private let isFiltered: Bool

    /// - Complexity: O(*n*) for *n* bytes, in one pass.
    public init(
        parsing bytes: [UInt8],
        as format: FeedFormat,
        filter: FeedFilter = FeedFilter()
    ) {
        var reader = FeedReader(bytes, filter: filter)
        do throws(FeedFault) {
            switch format {
            case .aws: try reader.readAWS()
            case .azure: try reader.readAzure()
            case .google: try reader.readGoogle()
            }
            try reader.scanner.end()
            reader.reportMissingLists()
        } catch {
            reader.scanner.report(error)
        }
        // What was not read to its end has perhaps more to choose from.
        isFiltered = !filter.isEmpty && reader.scanner.faults.isEmpty
        unmatchedFilters = reader.scanner.faults.isEmpty ? reader.matcher.unmatched : []
        entries = reader.entries
        // An entry without its prefix is known as such at its end, and stands at its beginning.
        faults = reader.scanner.faults.sorted { $0.place < $1.place }
        furtherFaultCount = reader.scanner.faultCount - faults.count
    }
}

/// Where something stands in a feed.
public struct FeedPlace: Hashable, Sendable {
    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in bytes.
    public var column: Int
}

extension FeedPlace: Comparable {
    public static func < (left: FeedPlace, right: FeedPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Why a part of a feed cannot be read. The file's name is the caller's to print.
public struct FeedFault: Error, Hashable, Sendable {
    public var place: FeedPlace
    /// What is wrong, and where it is known what to do.
    public var message: String
}

extension FeedFault: CustomStringConvertible {
    /// `12:3: …`: goes behind the file's name and a colon.
    public var description: String { "\(place.line):\(place.column): \(message)" }
}
