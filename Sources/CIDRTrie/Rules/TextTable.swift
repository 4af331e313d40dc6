/// Different texts, one behind the other. The first is the empty one.
struct TextTable: Hashable, Sendable {
    /// Where each text ends in ``utf8``; it starts where the one before ends.
    private(set) var ends: [UInt32] = [0]
    private(set) var utf8: [UInt8] = []

    init() {}

    init(ends: [UInt32], utf8: [UInt8]) {
        self.ends = ends
        self.utf8 = utf8
    }

    /// - Complexity: O(*n*) for *n* bytes of the text.
    subscript(place: Int) -> String {
        let start = place == 0 ? 0 : Int(ends[place - 1])
        return String(decoding: utf8[start..<Int(ends[place])], as: UTF8.self)
    }

    /// Whether each text's bytes lie behind the one's before and in the array.
    var isValid: Bool {
        ends.first == 0 && zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }
            && ends.last.map { Int($0) } == utf8.count
    }
}

extension TextTable {
    /// Gives each text its place.
    struct Builder {
        private(set) var table = TextTable()
        private var places: [String: UInt32] = [:]

        /// The place of `text`, which is the same for the same text.
        mutating func place(of text: String) -> UInt32 {
            guard !text.isEmpty else { return 0 }
            if let place = places[text] { return place }
            let place = UInt32(truncatingIfNeeded: table.ends.count)
            table.utf8.append(contentsOf: text.utf8)
            table.ends.append(UInt32(truncatingIfNeeded: table.utf8.count))
            places[text] = place
            return place
        }
    }
}
