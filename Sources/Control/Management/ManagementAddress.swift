package import Addresses
import Settings

/// The address of a running gateway: a host and a port, as in `--management`, perhaps with a scheme.
///
/// Only the format is checked. If a part is missing, the closest valid address is suggested.
package struct ManagementAddress: Hashable, Sendable {
    /// A gateway's default, used unless its configuration sets another.
    package static let standard = ManagementAddress(scheme: nil, authority: "127.0.0.1:7080")

    private enum Scheme: String, CaseIterable {
        case http = "http://"
        case https = "https://"
    }

    private let scheme: Scheme?
    /// `127.0.0.1:7080`, `[::1]:7080` or `gateway.internal:7080`.
    package let authority: String

    private init(scheme: Scheme?, authority: String) {
        self.scheme = scheme
        self.authority = authority
    }

    /// Without the port, and without the brackets of an IPv6 address.
    package var host: String {
        let host = authority.prefix(upTo: authority.lastIndex(of: ":") ?? authority.endIndex)
        return String(host.drop { $0 == "[" }.prefix { $0 != "]" })
    }

    /// As it may be written: `127.0.0.1:7080`, `https://gateway.internal:7443`.
    package var text: String { (scheme?.rawValue ?? "") + authority }

    /// Whether it is reached by TLS. Without a scheme it is, unless it is of this machine: as gateways
    /// do by default.
    package var usesTLS: Bool {
        scheme.map { $0 == .https } ?? (literal?.isBeyondLoopback ?? true)
    }

    /// `https://gateway.internal:7443`
    package var url: String {
        (usesTLS ? Scheme.https : .http).rawValue + authority
    }

    /// - Throws: ``ManagementAddressError``; its description offers what was probably meant.
    package init(parsing text: String) throws(ManagementAddressError) {
        let (scheme, rest) = Self.parts(of: text)
        guard Self.isAddress(String(rest)) else {
            throw ManagementAddressError(text: text, suggestion: Self.suggestion(for: text))
        }
        self.init(scheme: scheme, authority: String(rest))
    }

    private static func parts(of text: String) -> (Scheme?, Substring) {
        let scheme = Scheme.allCases.first { text.lowercased().hasPrefix($0.rawValue) }
        return (scheme, text.dropFirst(scheme?.rawValue.count ?? 0))
    }

    /// The address to reach a gateway that listens on `address` from its own machine.
    ///
    /// - Parameter usesTLS: whether the gateway serves it with TLS; `nil` for the default.
    package init(listening address: SocketAddress, usesTLS: Bool? = nil) {
        let reached = SocketAddress(Self.reachable(address.ip), port: address.port)
        let isNamed = usesTLS.map { $0 != reached.isBeyondLoopback } ?? false
        self.init(
            scheme: isNamed ? (usesTLS == true ? .https : .http) : nil,
            authority: reached.description
        )
    }

    /// The address at which one that is listened on is reached; the loopback one for any.
    static func reachable(_ ip: IPAddress) -> IPAddress {
        switch ip {
        case .v4(let v4) where v4.bits == 0: .v4(IPv4Address(127, 0, 0, 1))
        case .v6(let v6) where v6.high == 0 && v6.low == 0: .v6(IPv6Address(high: 0, low: 1))
        default: ip
        }
    }

    /// The address itself, and 127.0.0.1 for `localhost`; `nil` for any other name.
    package var literal: SocketAddress? {
        let prefix = "localhost:"
        let literal =
            authority.lowercased().hasPrefix(prefix)
            ? "127.0.0.1:\(authority.dropFirst(prefix.count))" : authority
        // `try?`: another name may be anywhere.
        return try? SocketAddress(parsing: literal)
    }

    private static func isAddress(_ text: String) -> Bool {
        // `try?`: what is not an address may be a name.
        if let address = try? SocketAddress(parsing: text) { return address.port != 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && isName(parts[0]) && isPort(parts[1])
    }

    /// A host name's characters, and at least one that no IPv4 address has.
    private static func isName(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { byte in
            let character = Character(Unicode.Scalar(byte))
            return byte < 0x80
                && (character.isLetter || character.isNumber || "-._".contains(character))
        } && text.contains(where: \.isLetter)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.allSatisfy { ("0"..."9").contains($0) } && UInt16(text).map { $0 > 0 } == true
    }

    /// The address that `text` is a part of, or has something around.
    private static func suggestion(for text: String) -> String? {
        let (scheme, whole) = parts(of: text)
        let rest = whole.prefix { $0 != "/" }
        // `try?`: what is not an address may be a name.
        let ip = try? IPAddress(parsing: String(rest))
        let candidates = [
            String(rest), "127.0.0.1:\(rest)", "127.0.0.1\(rest)", "\(rest):7080", "\(rest)7080",
            ip.map { SocketAddress($0, port: 7080).description } ?? "",
        ]
        return candidates.first { !rest.isEmpty && isAddress($0) }
            .map { (scheme?.rawValue ?? "") + $0 }
    }
}

/// A text that is not a management address. Always the writer's error.
package struct ManagementAddressError: Error, Hashable, Sendable {
    package let text: String
    /// What was probably meant.
    package let suggestion: String?
}

extension ManagementAddressError: CustomStringConvertible {
    package var description: String {
        let remedy = suggestion.map { "; did you mean \($0)?" } ?? ", e.g. 127.0.0.1:7080"
        return "invalid management address \"\(text)\" (expected host:port\(remedy))"
    }
}
