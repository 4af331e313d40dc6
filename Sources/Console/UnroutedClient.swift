import Text

/// A client that was denied before its warehouse was known.
struct UnroutedClient: Sendable {
    let key: String
    let source: String
    let listener: String
    let reason: String
    let detail: String
    let count: String
    let lastSeen: Moment?

    /// - Parameter denial: as `GET /v1/denials` answers.
    init(_ denial: JSONValue) {
        let block = denial["source"]?.string ?? ""
        let isHost = block.hasSuffix("/32") || block.hasSuffix("/128")
        source = isHost ? String(block.prefix { $0 != "/" }) : block
        listener = denial["listener"]?.string ?? ""
        let word = denial["reason"]?.string ?? ""
        reason = Shown.reason(word)
        detail = denial["detail"]?.string ?? ""
        count = (denial["count"]?.int ?? 0).grouped
        lastSeen = denial["lastSeen"]?.moment
        key = [block, word, listener].joined(separator: " ")
    }
}
