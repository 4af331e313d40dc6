/// Which of a feed's entries are wanted. Case does not count; several values of one key mean any
/// of them, and no value means all.
public struct FeedFilter: Hashable, Sendable {
    /// AWS: `EC2`; Azure: a service (`AzureStorage`) or a tag (`Storage.WestEurope`); Google:
    /// `Google Cloud`.
    public var services: [String]
    /// AWS: `eu-west-1`; Azure: `westeurope`; Google: `europe-west1`.
    public var regions: [String]

    public init(services: [String] = [], regions: [String] = []) {
        self.services = services
        self.regions = regions
    }

    public var isEmpty: Bool { services.isEmpty && regions.isEmpty }
}

/// A value of a filter that nothing in the feed has: a slip, or a service that is gone.
public struct UnmatchedFilter: Hashable, Sendable {
    public enum Key: String, Hashable, Sendable { case services, regions }

    public var key: Key
    public var value: String
    /// What the feed has instead, in the order of the alphabet.
    public var known: [String]
}

/// Decides on entries, and remembers what there was to choose from.
struct FilterMatcher {
    private let services: Set<String>
    private let regions: Set<String>
    private let filter: FeedFilter
    /// In lower case, with the feed's own spelling.
    private var seenServices: [String: String] = [:]
    private var seenRegions: [String: String] = [:]

    init(_ filter: FeedFilter) {
        self.filter = filter
        services = Set(filter.services.map { $0.lowercased() })
        regions = Set(filter.regions.map { $0.lowercased() })
    }

    /// - Parameter services: all names by which the entry's service goes.
    mutating func wants(services names: [String], region: String) -> Bool {
        guard !filter.isEmpty else { return true }
        let names = names.filter { !$0.isEmpty }
        for name in names { seenServices[name.lowercased()] = name }
        if !region.isEmpty { seenRegions[region.lowercased()] = region }
        return (services.isEmpty || names.contains { services.contains($0.lowercased()) })
            && (regions.isEmpty || regions.contains(region.lowercased()))
    }

    var unmatched: [UnmatchedFilter] {
        unmatched(filter.services, of: .services, among: seenServices)
            + unmatched(filter.regions, of: .regions, among: seenRegions)
    }

    private func unmatched(
        _ values: [String],
        of key: UnmatchedFilter.Key,
        among seen: [String: String]
    ) -> [UnmatchedFilter] {
        values.filter { seen[$0.lowercased()] == nil }.map { value in
            UnmatchedFilter(key: key, value: value, known: seen.values.map(\.harmless).sorted())
        }
    }
}
