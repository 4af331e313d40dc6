/// Denials as the gateway remembers them: the answer of `/v1/denials`.
package struct DenialList: Hashable, Sendable, Codable {
    /// Limited to the requested number, latest first.
    package var denials: [DenialRecord]
    /// All records that match.
    package var total: Int
    /// Denied connections of sources no longer remembered, regardless of the filter.
    package var forgotten: Int

    package init(denials: [DenialRecord] = [], total: Int = 0, forgotten: Int = 0) {
        self.denials = denials
        self.total = total
        self.forgotten = forgotten
    }

    /// One list for what several shards have counted, with one record for the same source.
    package static func merged(_ lists: [DenialList]) -> DenialList {
        let records = lists.flatMap(\.denials).map { ($0.key, $0) }
        let denials = Dictionary(records) { $0.adding($1) }.values
            .sorted { $1.listOrder < $0.listOrder }
        return DenialList(
            denials: denials,
            total: denials.count,
            forgotten: lists.reduce(0) { $0 + $1.forgotten }
        )
    }

    /// The records that `filter` matches, at most `limit` of them.
    package func matching(_ filter: DenialFilter, limit: Int) -> DenialList {
        let matching = denials.filter(filter.matches)
        return DenialList(
            denials: Array(matching.prefix(limit)),
            total: matching.count,
            forgotten: forgotten
        )
    }
}
