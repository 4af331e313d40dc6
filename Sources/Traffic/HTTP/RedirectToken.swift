import HTTPProtocol
import Text

/// Seals bytes so that they are neither read nor made by others.
public protocol TokenSealing: Sendable {
    /// - Returns: text of the characters A-Z, a-z, 0-9, `-` and `_`.
    func seal(_ bytes: [UInt8]) -> String
    /// - Returns: `nil` for what was not sealed here, or was changed since.
    func open(_ text: String) -> [UInt8]?
}

/// Where a redirect of the gateway's own leads, which the client carries back in the query.
public struct RedirectToken: Hashable, Sendable {
    /// The query's parameter.
    static let parameter = "sluice"
    private static let version: UInt8 = 1

    public var server: RedirectTarget
    /// The path and the query there.
    public var target: String
    /// Unix time.
    public var expiry: Int64
    /// The service whose listeners accept it.
    public var service: String

    public init(server: RedirectTarget, target: String, expiry: Int64, service: String) {
        self.server = server
        self.target = target
        self.expiry = expiry
        self.service = service
    }
}

extension RedirectToken {
    /// To be sealed.
    var bytes: [UInt8] {
        var bytes = [Self.version, server.usesTLS ? 1 : 0]
        bytes.append(bigEndian: UInt64(server.port), byteCount: 2)
        bytes.append(bigEndian: UInt64(bitPattern: expiry), byteCount: 8)
        for text in [server.host, service, target] {
            bytes.append(bigEndian: UInt64(text.utf8.count), byteCount: 4)
            bytes += text.utf8
        }
        return bytes
    }

    /// `nil` for bytes of another version, or that are cut off.
    init?(bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.popFirst() == Self.version, let flags = rest.popFirst(),
            let port = rest.popInteger(byteCount: 2), let expiry = rest.popInteger(byteCount: 8),
            let host = rest.popText(), let service = rest.popText(), let target = rest.popText(),
            rest.isEmpty, port > 0
        else { return nil }
        self.init(
            server: RedirectTarget(host: host, port: UInt16(port), usesTLS: flags & 1 == 1),
            target: target,
            expiry: Int64(bitPattern: expiry),
            service: service
        )
    }

    /// One that is valid for `service` now; `nil` for any other.
    init?(_ text: String, by seal: any TokenSealing, service: String, at seconds: Int64) {
        guard let bytes = seal.open(text), let token = RedirectToken(bytes: bytes),
            token.service == service, token.expiry > seconds
        else { return nil }
        self = token
    }
}

extension RedirectToken {
    /// Whether it was given for such a request: one for an error log lets nobody load.
    func leads(_ method: String, to pathClass: HTTPRequestRecord.PathClass) -> Bool {
        let bytes = Array(target.utf8)
        guard HTTPRequestPath(bytes.span).pathClass == pathClass else { return false }
        return pathClass.isRedirected
            ? method == "PUT" || method == "POST" : method == "GET" || method == "HEAD"
    }
}

extension RedirectToken {
    /// The longest that is looked at, in bytes.
    private static let byteLimit = 32_768

    /// The token in a target's query, where it is the last parameter; `nil` if there is none.
    static func parameter(in target: Span<UInt8>) -> String? {
        var position = target.count
        while position > 0, target[position - 1].isOfToken, target.count - position < byteLimit {
            position -= 1
        }
        let name = "sluice="
        let start = position - name.utf8.count
        guard position < target.count, start > 0,
            target.extracting(start..<position).hasPrefix("sluice="),
            target[start - 1] == UInt8(ascii: "?") || target[start - 1] == UInt8(ascii: "&")
        else { return nil }
        return String(decoding: target.copy(from: position), as: UTF8.self)
    }
}

extension HTTPTask {
    /// How long a client may take to follow a redirect, in seconds.
    static let redirectLifetime: Int64 = 120
    /// How long a load's error log can be fetched.
    static let errorLogLifetime: Int64 = 86_400

    /// A path of the gateway's own that leads to `location`.
    func path(to location: RedirectLocation, lifetime: Int64) -> String {
        let token = RedirectToken(
            server: location.server,
            target: location.target,
            expiry: seconds + lifetime,
            service: service
        )
        let separator = location.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        let sealed = rules.seal.seal(token.bytes)
        return "\(location.target)\(separator)\(RedirectToken.parameter)=\(sealed)"
    }
}

extension UInt8 {
    /// Of the alphabet of sealed text.
    fileprivate var isOfToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt64, byteCount: Int) {
        for index in (0..<byteCount).reversed() {
            append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func popInteger(byteCount: Int) -> UInt64? {
        guard count >= byteCount else { return nil }
        defer { removeFirst(byteCount) }
        return prefix(byteCount).reduce(0) { $0 << 8 | UInt64($1) }
    }

    fileprivate mutating func popText() -> String? {
        guard let length = popInteger(byteCount: 4), length <= UInt64(count) else { return nil }
        defer { removeFirst(Int(length)) }
        return String(decoding: prefix(Int(length)), as: UTF8.self)
    }
}
