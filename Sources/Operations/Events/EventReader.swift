/// Reads events from the bytes of a stream (WHATWG HTML §9.2.6), in pieces of any length.
package struct EventReader: Sendable {
    /// Of one line; what is longer is no gateway's.
    private static let lineLimit = 64 << 20

    private var line: [UInt8] = []
    private var name = ""
    private var id: Int64?
    private var data: [String] = []
    /// Whether the last byte was a carriage return, whose line feed belongs to it.
    private var hasReturned = false

    package init() {}

    /// The events that are complete.
    package mutating func read(_ bytes: [UInt8]) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in bytes {
            defer { hasReturned = byte == UInt8(ascii: "\r") }
            switch byte {
            case UInt8(ascii: "\n") where hasReturned: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default: if line.count < Self.lineLimit { line.append(byte) }
            }
        }
        return events
    }

    private mutating func endLine() -> StreamEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else { return dispatch() }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value = value.dropFirst() }
        switch parts[0] {
        case "event": name = String(value)
        case "data": data.append(String(value))
        case "id": id = Int64(value)
        default: break  // a comment, or a field that we do not use
        }
        return nil
    }

    private mutating func dispatch() -> StreamEvent? {
        defer { (name, id, data) = ("", nil, []) }
        guard !data.isEmpty else { return nil }
        return StreamEvent(
            name.isEmpty ? "message" : name,
            id: id,
            data: data.joined(separator: " ")
        )
    }
}
