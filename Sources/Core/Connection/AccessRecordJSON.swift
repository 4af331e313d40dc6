import Addresses

extension AccessRecord {
    /// Appends the record as one line of JSON (RFC 8259), with its line feed.
    ///
    /// The keys and their order are part of the interface: `time, connection, warehouse, listener,
    /// link, peer, client, endpoint, verdict, rule, reason, backend, bytesIn, bytesOut, durationMs,
    /// end`, and `detail` and `unlogged` where there are any. What does not apply is `null`. No byte in a text can
    /// end the line or the string.
    public func appendJSON(to line: inout [UInt8]) {
        var object = JSONLine(begin: &line)
        object.field("time", in: &line)
        appendTime(to: &line)
        object.field("connection", number: connection, in: &line)
        object.field("warehouse", warehouse, in: &line)
        object.field("listener", listener, in: &line)
        object.field("link", link.rawValue, in: &line)
        object.field("peer", peer.description, in: &line)
        object.field("client", client.description, in: &line)
        object.field("endpoint", endpoint, in: &line)
        object.field("verdict", verdict.rawValue, in: &line)
        object.field("rule", rule?.description, in: &line)
        object.field("reason", reason?.rawValue, in: &line)
        object.field("backend", backend?.description, in: &line)
        object.field("bytesIn", number: bytesIn, in: &line)
        object.field("bytesOut", number: bytesOut, in: &line)
        object.field("durationMs", in: &line)
        appendDuration(to: &line)
        object.field("end", end.rawValue, in: &line)
        if !detail.isEmpty { object.field("detail", detail, in: &line) }
        if unlogged > 0 { object.field("unlogged", number: unlogged, in: &line) }
        object.end(in: &line)
    }

    /// `"2026-11-23T10:00:00.123456Z"`.
    private func appendTime(to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        line.append(rfc3339Microseconds: acceptedAtMicroseconds)
        line.append(UInt8(ascii: "\""))
    }

    /// Milliseconds with three decimals.
    private func appendDuration(to line: inout [UInt8]) {
        let micros = max(durationMicroseconds, 0)
        line.append(decimal: micros / 1_000)
        line.append(UInt8(ascii: "."))
        line.append(decimal: micros % 1_000, width: 3)
    }
}

/// Where the next field of an object begins; the bytes are the caller's.
private struct JSONLine {
    private var isFirst = true

    init(begin line: inout [UInt8]) {
        line.append(UInt8(ascii: "{"))
    }

    /// The field's name; its value is appended by the caller.
    mutating func field(_ name: StaticString, in line: inout [UInt8]) {
        if !isFirst { line.append(UInt8(ascii: ",")) }
        isFirst = false
        line.append(UInt8(ascii: "\""))
        line.append(contentsOf: name.description.utf8)
        line.append(contentsOf: "\":".utf8)
    }

    mutating func field(_ name: StaticString, _ text: String?, in line: inout [UInt8]) {
        field(name, in: &line)
        guard let text else { return line.append(contentsOf: "null".utf8) }
        line.append(jsonString: text)
    }

    mutating func field(_ name: StaticString, number: UInt64, in line: inout [UInt8]) {
        field(name, in: &line)
        line.append(decimal: number)
    }

    mutating func end(in line: inout [UInt8]) {
        line.append(contentsOf: "}\n".utf8)
    }
}
