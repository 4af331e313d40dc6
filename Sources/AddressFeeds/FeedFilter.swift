/// Which of a feed's entries are wanted. Case is ignored; several values of one key mean any of
/// them, and no value means all.
package struct FeedFilter: Hashable, Sendable {
    /// AWS: `EC2`; Azure: a service (`AzureStorage`) or a tag (`Storage.WestEurope`); Google:
    /// `Google Cloud`.
    package var services: [String]
    /// AWS: `eu-west-1`; Azure: `westeurope`; Google: `europe-west1`.
    package var regions: [String]

    package init(services: [String] = [], regions: [String] = []) {
        self.services = services
        self.regions = regions
    }

    package var isEmpty: Bool { services.isEmpty && regions.isEmpty }
}

/// A value of a filter that nothing in the feed has: a typo, or a service that no longer exists.
package struct UnmatchedFilter: Hashable, Sendable {
    package enum Key: String, Hashable, Sendable { case services, regions }

    package var key: Key
    package var value: String
    /// What the feed has instead, in alphabetical order.
    package var known: [String]
}

/// Decides on entries, and records what there was to choose from.
struct FilterMatcher {
    private let services: Set<String>
    private let regions: Set<String>
    private let filter: FeedFilter
    /// The key is in lower case, the value in the feed's own spelling.
    private var seenServices: [String: String] = [:]
    private var seenRegions: [String: String] = [:]

    init(_ filter: FeedFilter) {
        self.filter = filter
        services = Set(filter.services.map { $0.lowercased() })
        regions = Set(filter.regions.map { $0.lowercased() })
    }

    /// - Parameter services: all names of the entry's service.
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
            UnmatchedFilter(key: key, value: value, known: seen.values.map(\.printable).sorted())
        }
    }
}
