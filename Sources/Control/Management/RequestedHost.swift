import Addresses

/// The host that a request names for this server in its `Host` header.
///
/// A page in a browser near the gateway can point a name of its own here (DNS rebinding), and would
/// then read the response. But its requests use that name, so only known names are accepted.
struct RequestedHost {
    /// `nil` if the request names none, as no browser does.
    let authority: String?

    /// Whether it is an IP address, `localhost`, or one of `names`, with any port.
    func isKnown(among names: some Sequence<String>) -> Bool {
        guard let authority, !authority.isEmpty else { return true }
        if authority.hasPrefix("[") { return Self.isBracketed(authority) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || Self.isPort(parts[1]) else { return false }
        let host = String(parts[0])
        // `try?`: what is not an address may be a name.
        if (try? IPAddress(parsing: host)) != nil { return true }
        let name = Self.normalized(host)
        return name == "localhost" || names.contains { Self.normalized($0) == name }
    }

    /// `[::1]` or `[::1]:7080`.
    private static func isBracketed(_ authority: String) -> Bool {
        let parts = authority.dropFirst().split(separator: "]", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts[1].isEmpty || parts[1].first == ":" && isPort(parts[1].dropFirst())
        else { return false }
        // `try?`: only an address may be in brackets.
        guard case .v6 = try? IPAddress(parsing: String(parts[0])) else { return false }
        return true
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.allSatisfy { ("0"..."9").contains($0) } && UInt16(text) != nil
    }

    /// Names are compared without case, and the root's dot may be written (RFC 1034 §3.1).
    private static func normalized(_ name: String) -> String {
        let lowercased = name.lowercased()
        return lowercased.hasSuffix(".") ? String(lowercased.dropLast()) : lowercased
    }
}
