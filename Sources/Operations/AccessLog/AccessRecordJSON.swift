import Addresses
import Policy
import Text
import Time
import Traffic

extension AccessRecord {
    /// Appends the record as one line of JSON (RFC 8259), with its line feed.
    ///
    /// The keys and their order are part of the interface: `time, connection, warehouse, listener,
    /// protocol, link, peer, client, endpoint, verdict, rule, reason, backend, bytesIn, bytesOut,
    /// durationMs, end`, and, if present, `cloud`, `tls`, `cipher` and `clientCertificate` (of a TLS
    /// session that ended at the gateway), `serverName` (also of TLS that passes through), `request`
    /// and `title` (of a request's record), `http` (of an HTTP request's), `requests` (of a connection
    /// that had some), `shadow` (why the client would have been denied without shadow mode), `detail`
    /// and `unlogged`. What does not
    /// apply is `null`. No byte in a text can end the line or the string.
    package func appendJSON(to line: inout [UInt8]) {
        line.append(text: #"{"time":""#)
        line.append(rfc3339Microseconds: acceptedAtMicroseconds)
        line.append(text: #"","connection":"#)
        line.append(decimal: connection)
        appendPlace(to: &line)
        appendDecision(to: &line)
        appendTraffic(to: &line)
        if let endpoint { line.append(key: #","cloud":"#, endpoint.cloud.rawValue) }
        if let tls { append(tls, to: &line) }
        if let passedName { line.append(key: #","serverName":"#, passedName) }
        appendRequests(to: &line)
        if let shadow { line.append(key: #","shadow":"#, shadow.rawValue) }
        if !detail.isEmpty { line.append(key: #","detail":"#, detail) }
        if unlogged > 0 {
            line.append(text: #","unlogged":"#)
            line.append(decimal: unlogged)
        }
        line.append(text: "}\n")
    }

    private func append(_ tls: TLSSession, to line: inout [UInt8]) {
        line.append(key: #","tls":"#, tls.version.rawValue)
        line.append(key: #","cipher":"#, tls.cipher)
        if let name = tls.serverName { line.append(key: #","serverName":"#, name) }
        if let certificate = tls.clientCertificate {
            line.append(key: #","clientCertificate":"#, certificate.subject)
        }
    }

    private func appendRequests(to line: inout [UInt8]) {
        if let request {
            line.append(text: #","request":"#)
            line.append(decimal: request.number)
            line.append(key: #","title":"#, request.title)
            line.append(text: #","http":"#)
            line.append(request.http)
        }
        if requestCount > 0 {
            line.append(text: #","requests":"#)
            line.append(decimal: requestCount)
        }
    }

    private func appendPlace(to line: inout [UInt8]) {
        line.append(key: #","warehouse":"#, warehouse.isEmpty ? nil : warehouse)
        line.append(key: #","listener":"#, listener)
        line.append(key: #","protocol":"#, `protocol`.rawValue)
        line.append(key: #","link":"#, link.rawValue)
        line.append(key: #","peer":"#, peer)
        line.append(key: #","client":"#, client)
        line.append(key: #","endpoint":"#, endpoint?.id)
    }

    private func appendDecision(to line: inout [UInt8]) {
        line.append(key: #","verdict":"#, verdict.rawValue)
        line.append(key: #","rule":"#, rule)
        line.append(key: #","reason":"#, reason?.rawValue)
        line.append(key: #","backend":"#, backend)
    }

    private func appendTraffic(to line: inout [UInt8]) {
        line.append(text: #","bytesIn":"#)
        line.append(decimal: bytesIn)
        line.append(text: #","bytesOut":"#)
        line.append(decimal: bytesOut)
        line.append(text: #","durationMs":"#)
        appendDuration(to: &line)
        line.append(key: #","end":"#, end.rawValue)
    }

    /// Milliseconds with three decimals.
    private func appendDuration(to line: inout [UInt8]) {
        let micros = max(durationMicroseconds, 0)
        line.append(decimal: micros / 1_000)
        line.append(UInt8(ascii: "."))
        line.append(decimal: micros % 1_000, width: 3)
    }
}

// MARK: - Fields

// A field's key with the punctuation around it is one text: a line is many small pieces.
extension [UInt8] {
    fileprivate mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    fileprivate mutating func append(key: String, _ value: String?) {
        append(text: key)
        guard let value else { return append(text: "null") }
        append(jsonString: value)
    }

    fileprivate mutating func append(key: String, _ value: SocketAddress?) {
        append(key: key, plain: value) { $0.write(to: &$1) }
    }

    fileprivate mutating func append(key: String, _ value: CIDRBlock?) {
        append(key: key, plain: value) { $0.write(to: &$1) }
    }

    /// A value whose text has nothing to escape.
    private mutating func append<Value>(
        key: String,
        plain value: Value?,
        by write: (Value, inout [UInt8]) -> Void
    ) {
        append(text: key)
        guard let value else { return append(text: "null") }
        append(UInt8(ascii: "\""))
        write(value, &self)
        append(UInt8(ascii: "\""))
    }
}
