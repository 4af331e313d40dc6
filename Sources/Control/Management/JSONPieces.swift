import FoundationEssentials
import Text

/// One member of a JSON object that is written in pieces.
enum JSONMember: Sendable {
    case number(_ key: String, Int)
    case list(_ key: String, JSONList)

    /// A list's member.
    static func list(_ key: String, _ elements: [some Encodable & Sendable]) -> JSONMember {
        .list(key, JSONList(elements))
    }
}

/// The elements of a JSON array, encoded a slice at a time.
struct JSONList: Sendable {
    let count: Int
    /// Elements with commas between them, without the array's brackets.
    let encoded: @Sendable (Range<Int>) throws -> String

    init<Element: Encodable & Sendable>(_ elements: [Element]) {
        count = elements.count
        encoded = { range in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let array = String(decoding: try encoder.encode(Array(elements[range])), as: UTF8.self)
            return LogText.visibleJSON(String(array.dropFirst().dropLast()))
        }
    }
}

/// A JSON object, encoded as it is written: the whole text is never in memory.
struct JSONPieces: Sendable {
    /// Elements that are encoded at a time.
    private static let sliceCount = 256

    /// What comes before the first member and after the last one.
    let opening: String
    let members: [JSONMember]
    let closing: String

    init(opening: String = "{", members: [JSONMember], closing: String = "}") {
        self.opening = opening
        self.members = members
        self.closing = closing
    }

    /// Of all lists.
    var elementCount: Int {
        members.reduce(0) { sum, member in
            if case .list(_, let list) = member { sum + list.count } else { sum }
        }
    }

    /// Hands over one piece after the other.
    func write(_ put: (String) async throws -> Void) async throws {
        var pending = opening
        for (index, member) in members.enumerated() {
            if index > 0 { pending += "," }
            switch member {
            case .number(let key, let number):
                pending += "\"\(key)\":\(number)"
            case .list(let key, let list):
                pending += "\"\(key)\":["
                for start in stride(from: 0, to: list.count, by: Self.sliceCount) {
                    let range = start..<min(start + Self.sliceCount, list.count)
                    try await put(pending + (start > 0 ? "," : "") + list.encoded(range))
                    pending = ""
                }
                pending += "]"
            }
        }
        try await put(pending + closing)
    }
}
