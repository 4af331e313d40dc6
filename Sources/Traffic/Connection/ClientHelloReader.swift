/// Finds the server name in a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3) that arrives in pieces of
/// any size, in records of any size (RFC 8446 §5.1).
///
/// It copies what it needs and no more; unknown extensions and values, such as those of GREASE
/// (RFC 8701), are skipped by their lengths.
public struct ClientHelloReader: Sendable {
    public enum Progress: Hashable, Sendable {
        case incomplete
        /// The name in lower case; `nil` if the client has sent none.
        case complete(serverName: String?)
        /// The first byte is not that of a TLS handshake.
        case notTLS
        case malformed(String)
    }

    /// ContentType.handshake.
    public static let handshakeRecord: UInt8 = 22
    /// Of the records, in bytes, headers included. Browsers send less than 2 KiB; post-quantum key
    /// shares some KiB more.
    public static let byteLimit = 1 << 15
    /// HandshakeType.client_hello.
    private static let clientHello: UInt8 = 1
    private static let recordLimit = 1 << 14
    private static let longestName = 253

    private var recordHeader: [UInt8] = []
    /// Of the current record, what is still to come.
    private var recordRest = 0
    /// The handshake message so far.
    private var message: [UInt8] = []
    private var byteCount = 0

    public init() {}

    /// Reads the client's next bytes, at least one.
    public mutating func receive(_ bytes: Span<UInt8>) -> Progress {
        byteCount += bytes.count
        var position = 0
        while position < bytes.count {
            if recordRest > 0 {
                let count = min(recordRest, bytes.count - position)
                for index in position..<position + count { message.append(bytes[index]) }
                position += count
                recordRest -= count
                if let end = readMessage() { return end }
            } else {
                recordHeader.append(bytes[position])
                position += 1
                if let end = readHeader() { return end }
            }
        }
        return byteCount > Self.byteLimit ? .malformed("the ClientHello is too long") : .incomplete
    }

    private mutating func readHeader() -> Progress? {
        if recordHeader[0] != Self.handshakeRecord {
            return message.isEmpty
                ? .notTLS : .malformed("another record inside the ClientHello")
        }
        if recordHeader.count == 2, recordHeader[1] != 3 { return .notTLS }
        guard recordHeader.count == 5 else { return nil }
        recordRest = Int(recordHeader[3]) << 8 | Int(recordHeader[4])
        recordHeader = []
        let isAllowed = (1...Self.recordLimit).contains(recordRest)
        return isAllowed ? nil : .malformed("a TLS record of \(recordRest) bytes")
    }

    /// Reads the message if it is complete.
    private func readMessage() -> Progress? {
        if message[0] != Self.clientHello { return .malformed("not a ClientHello") }
        guard message.count >= 4 else { return nil }
        let length = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
        guard length <= Self.byteLimit else { return .malformed("the ClientHello is too long") }
        guard message.count - 4 >= length else { return nil }
        var body = Cursor(message[4..<4 + length])
        return body.serverName().map { .complete(serverName: $0.name) }
            ?? .malformed("the ClientHello is malformed")
    }

    /// Reads vectors (RFC 8446 §3.4); every read that runs past the end is `nil`.
    private struct Cursor {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) {
            rest = bytes
        }

        /// The name, if there is one, of a whole ClientHello; `nil` if it is malformed.
        mutating func serverName() -> (name: String?, Void)? {
            // The version, the random, the session id, the cipher suites, the compressions.
            guard take(34) != nil, vector(1) != nil, vector(2) != nil, vector(1) != nil else {
                return nil
            }
            // Extensions may be absent before TLS 1.3.
            guard !rest.isEmpty else { return (nil, ()) }
            guard let extensions = vector(2), rest.isEmpty else { return nil }
            var cursor = Cursor(extensions)
            var name: String?
            while !cursor.rest.isEmpty {
                guard let type = cursor.number(2), let content = cursor.vector(2) else {
                    return nil
                }
                guard type == 0 else { continue }
                // The same extension twice is an error (RFC 8446 §4.2).
                guard name == nil, let found = Self.hostName(in: content) else { return nil }
                name = found
            }
            return (name, ())
        }

        private static func hostName(in content: ArraySlice<UInt8>) -> String? {
            var cursor = Cursor(content)
            guard let list = cursor.vector(2), cursor.rest.isEmpty else { return nil }
            var names = Cursor(list)
            // The type 0, host_name, is the only one there is.
            guard names.number(1) == 0, let name = names.vector(2), !name.isEmpty,
                name.count <= longestName,
                name.allSatisfy({ (0x21...0x7e).contains($0) })
            else { return nil }
            // Some clients send the root's dot, too.
            let isRooted = name.count > 1 && name.last == 0x2e
            let lower = name.dropLast(isRooted ? 1 : 0).map {
                (0x41...0x5a).contains($0) ? $0 | 0x20 : $0
            }
            return String(decoding: lower, as: UTF8.self)
        }

        private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        private mutating func number(_ byteCount: Int) -> Int? {
            take(byteCount)?.reduce(0) { $0 << 8 | Int($1) }
        }

        private mutating func vector(_ lengthByteCount: Int) -> ArraySlice<UInt8>? {
            number(lengthByteCount).flatMap { take($0) }
        }
    }
}
