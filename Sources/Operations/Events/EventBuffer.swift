/// What a stream of events can be about.
package enum EventKind: String, Hashable, Sendable, CaseIterable, Codable {
    case status, sessions, denials, changes, notices
}

/// One event of a stream (WHATWG HTML §9.2, server-sent events).
package struct StreamEvent: Hashable, Sendable {
    package var name: String
    /// What a client that reconnects sends as `Last-Event-ID`; `nil` if that cannot be honored.
    package var id: Int64?
    /// JSON on one line.
    package var data: String

    package init(_ name: String, id: Int64? = nil, data: String) {
        self.name = name
        self.id = id
        // A line end in the data would begin another field.
        self.data = String(String.UnicodeScalarView(data.unicodeScalars.filter { !$0.endsLine }))
    }

    /// As it is sent.
    package var text: String {
        (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: \(data)\n\n"
    }
}

extension Unicode.Scalar {
    fileprivate var endsLine: Bool { self == "\n" || self == "\r" }
}

/// The events that wait for one client. It is bounded: a client that reads slowly loses events, and
/// is told how many.
package struct EventBuffer: Sendable {
    private let countLimit: Int
    private let byteLimit: Int
    private var waiting: [StreamEvent] = []
    private var byteCount = 0
    /// Of states only the newest counts: it replaces one that was not sent yet.
    private var status: StreamEvent?
    /// Since the last `lost` event.
    private var lost: [EventKind: Int] = [:]

    /// - Parameter byteLimit: of all waiting events together, but for the newest status. A single
    ///   event may be larger.
    package init(countLimit: Int = 256, byteLimit: Int = 262_144) {
        self.countLimit = max(1, countLimit)
        self.byteLimit = byteLimit
    }

    package var isEmpty: Bool { waiting.isEmpty && status == nil && lost.isEmpty }

    /// Adds an event.
    ///
    /// - Returns: whether there was room; otherwise it is lost.
    package mutating func append(_ event: StreamEvent, of kind: EventKind) -> Bool {
        let isFirst = waiting.isEmpty
        let fits =
            isFirst
            || waiting.count + 1 < countLimit && byteCount + event.data.utf8.count <= byteLimit
        guard fits else {
            lost[kind, default: 0] += 1
            return false
        }
        enqueueLost()
        enqueue(event)
        return true
    }

    /// Sets the status that is sent next.
    package mutating func replaceStatus(_ event: StreamEvent) {
        status = event
    }

    /// Removes the next event.
    package mutating func next() -> StreamEvent? {
        if let status {
            self.status = nil
            return status
        }
        if waiting.isEmpty { enqueueLost() }
        guard !waiting.isEmpty else { return nil }
        let event = waiting.removeFirst()
        byteCount -= event.data.utf8.count
        return event
    }

    private mutating func enqueue(_ event: StreamEvent) {
        waiting.append(event)
        byteCount += event.data.utf8.count
    }

    /// `{"denials":3}`
    private mutating func enqueueLost() {
        guard !lost.isEmpty else { return }
        let members = lost.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\"\($0.key.rawValue)\":\($0.value)" }
        lost = [:]
        enqueue(StreamEvent("lost", data: "{\(members.joined(separator: ","))}"))
    }
}

/// Who has how many streams open: a bounded number in all, and for each key.
package struct StreamPlaces: Sendable {
    package enum Refusal: Error, Hashable, Sendable {
        /// One key has as many as it may have.
        case full(key: Int)
        /// All keys together have.
        case allFull(Int)
        /// The gateway is stopping.
        case closed
    }

    private let limit: Int
    private let limitPerKey: Int
    private var counts: [String: Int] = [:]
    private var shared = 0
    private var isClosed = false

    /// - Parameter limitPerKey: `nil` for an eighth, and at least 8.
    package init(limit: Int = 24, limitPerKey: Int? = nil) {
        self.limit = limit
        self.limitPerKey = limitPerKey ?? max(8, limit / 8)
    }

    package var count: Int { counts.values.reduce(0, +) }

    /// - Parameter hasOwnPlaces: whether others cannot take its places: it counts for itself only.
    package mutating func enter(_ key: String, hasOwnPlaces: Bool = false) throws(Refusal) {
        guard !isClosed else { throw .closed }
        guard counts[key, default: 0] < limitPerKey else { throw .full(key: limitPerKey) }
        guard hasOwnPlaces || shared < limit else { throw .allFull(limit) }
        counts[key, default: 0] += 1
        if !hasOwnPlaces { shared += 1 }
    }

    package mutating func leave(_ key: String, hasOwnPlaces: Bool = false) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
        if !hasOwnPlaces { shared -= 1 }
    }

    /// Nobody enters from now on.
    package mutating func close() {
        isClosed = true
    }
}
