package import Addresses
import Text

/// Where a webhook leads, read strictly (RFC 3986 §3): what two programs could understand in two ways
/// is refused.
package struct ReceiverURL: Hashable, Sendable {
    /// Why a text is not the URL of a receiver.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    package static let byteLimit = 2_048

    package let isSecure: Bool
    /// A name or an IPv4 address in lower case, or an IPv6 address without brackets.
    package let host: String
    package let port: UInt16
    /// With the query.
    package let path: String

    package init(parsing text: String) throws(Refusal) {
        guard text.utf8.count <= Self.byteLimit else {
            throw Refusal("expected at most \(Self.byteLimit) bytes")
        }
        guard text.utf8.allSatisfy(\.isOfURL) else {
            throw Refusal("expected printable ASCII without spaces (percent-encode the rest)")
        }
        guard !text.contains("#") else { throw Refusal("a fragment is not sent (remove #…)") }
        let (isSecure, rest) = try Self.scheme(of: text)
        self.isSecure = isSecure
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            throw Refusal("user names and passwords are not supported (check the signature)")
        }
        (host, port) = try Self.place(authority, standardPort: isSecure ? 443 : 80)
        path = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    }

    /// The address that it names; `nil` if it names a host.
    package var address: IPAddress? {
        // `try?`: what is not an address is a name.
        try? IPAddress(parsing: host)
    }

    /// As a URL in one form: what is connected to must not depend on how it was written.
    package var text: String {
        let place = host.contains(":") ? "[\(host)]" : host
        let isStandard = port == (isSecure ? 443 : 80)
        return "\(isSecure ? "https" : "http")://\(place)\(isStandard ? "" : ":\(port)")\(path)"
    }

    private static func scheme(of text: String) throws(Refusal) -> (Bool, Substring) {
        for (scheme, isSecure) in [("https://", true), ("http://", false)]
        where text.lowercased().hasPrefix(scheme) {
            return (isSecure, text.dropFirst(scheme.count))
        }
        throw Refusal("expected https://… or http://…")
    }

    private static func place(_ authority: Substring, standardPort: UInt16) throws(Refusal) -> (
        String, UInt16
    ) {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else {
                throw Refusal("expected ] after the IPv6 address")
            }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let rest = authority[authority.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { throw Refusal("expected :port after ]") }
            port = rest.isEmpty ? nil : rest.dropFirst()
            // `try?`: any reason is the same here.
            guard let address = try? IPAddress(parsing: String(host)), address.family == .v6 else {
                throw Refusal("invalid IPv6 address \(String(host).quoted)")
            }
            return (address.description, try number(port) ?? standardPort)
        }
        if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        let name = host.lowercased()
        guard (1...253).contains(name.utf8.count), name.utf8.allSatisfy(\.isOfHostName),
            !name.hasPrefix("."), !name.contains("..")
        else { throw Refusal("invalid host \(name.quoted)") }
        return (name, try number(port) ?? standardPort)
    }

    private static func number(_ text: Substring?) throws(Refusal) -> UInt16? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy(\.isDigitByte), let port = UInt16(text), port > 0 else {
            throw Refusal("invalid port \(String(text).quoted)")
        }
        return port
    }
}

extension UInt8 {
    /// Printable, and none of what RFC 3986 excludes and browsers rewrite.
    fileprivate var isOfURL: Bool {
        (0x21...0x7e).contains(self) && !"\"<>\\^`{|}".utf8.contains(self)
    }

    fileprivate var isDigitByte: Bool { (0x30...0x39).contains(self) }

    fileprivate var isOfHostName: Bool {
        isDigitByte || (0x61...0x7a).contains(self) || self == 0x2d || self == 0x2e || self == 0x5f
    }
}
