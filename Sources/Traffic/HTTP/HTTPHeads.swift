import HTTPProtocol
import Text

/// The heads that go to backends.
extension HTTPRequestHead {
    /// As sent, but for the fields that name the client.
    func plain(for client: HTTPClient) -> [UInt8] {
        guard client.rules.terms.clientAddress != .pass else { return bytes }
        // A backend would take the gateway's own fields for those that end at the next hop.
        let connection = connection { $0.namesClient }
        guard namesClient || connection != nil else { return appending(client.fields) }
        return rewritten(
            removing: {
                $0.namesClient || connection != nil && $0.equals(ignoringCase: "connection")
            },
            adding: (connection ?? "").isEmpty ? [] : [("Connection", connection ?? "")],
            lines: client.fields
        )
    }

    /// The head alone, for a front end that is to say where the load goes.
    ///
    /// Without a length, or the front end would wait for the body; and with Expect, without which Doris
    /// and StarRocks refuse a load, whatever the client's version.
    func question(
        to place: HTTPPlace?,
        for client: HTTPClient
    ) -> [UInt8] {
        let policy = client.rules.terms.redirectPolicy
        var added = added(to: place)
        if let policy { added.append(("redirect-policy", policy)) }
        return rewritten(
            target: place?.target,
            minorVersion: 1,
            removing: { name in
                name.isLength && declaresBody || isRemoved(name, for: place)
                    || policy != nil && name.equals(ignoringCase: "redirect-policy")
            },
            adding: added,
            lines: client.fields
        )
    }

    /// All of the head, for a server that a redirect has named, which says so before it gets the body.
    ///
    /// - Parameter expects: whether it is asked to.
    func load(to place: HTTPPlace?, for client: HTTPClient, expects: Bool = true) -> [UInt8] {
        rewritten(
            target: place?.target,
            // Expect is answered in HTTP/1.1 only.
            minorVersion: 1,
            removing: { isRemoved($0, for: place) },
            adding: added(to: place, expects: expects),
            lines: client.fields
        )
    }

    private func isRemoved(_ name: Span<UInt8>, for place: HTTPPlace?) -> Bool {
        if name.namesClient || isHopByHop(name) { return true }
        guard let place else { return false }
        return name.equals(ignoringCase: "host")
            || place.credentials != nil && name.equals(ignoringCase: "authorization")
    }

    private func added(to place: HTTPPlace?, expects: Bool = true)
        -> [(name: String, value: String)]
    {
        var added: [(name: String, value: String)] = []
        if let place { added.append(("Host", place.server.authority)) }
        if let credentials = place?.credentials {
            added.append(("Authorization", "Basic \(credentials)"))
        }
        if expects, !hasExpect { added.append(("Expect", "100-continue")) }
        return added
    }
}

/// Where a redirect leads.
struct HTTPPlace: Hashable, Sendable {
    var server: RedirectTarget
    /// The path and the query.
    var target: String
    /// Basic credentials in Base64, from the redirect itself; `nil` to send the client's own.
    var credentials: String?
}

extension HTTPTerms.ClientAddress {
    /// The fields that tell a backend of the client, each with its line's end.
    func fields(_ address: String, isSecure: Bool) -> [UInt8] {
        let scheme = isSecure ? "https" : "http"
        let xForwarded = "X-Forwarded-For: \(address)\r\nX-Forwarded-Proto: \(scheme)\r\n"
        let isV6 = address.utf8.contains(UInt8(ascii: ":"))
        // RFC 7239 §6.
        let node = isV6 ? "\"[\(address)]\"" : address
        let forwarded = "Forwarded: for=\(node);proto=\(scheme)\r\n"
        switch self {
        case .pass, .remove: return []
        case .xForwardedFor: return Array(xForwarded.utf8)
        case .forwarded: return Array(forwarded.utf8)
        case .both: return Array((xForwarded + forwarded).utf8)
        }
    }
}

extension Span<UInt8> {
    /// Whether a field of this name claims to know the client.
    fileprivate var namesClient: Bool {
        switch count {
        case 9: isName("forwarded") || isName("x-real-ip")
        case 15: isName("x-forwarded-for")
        case 17: isName("x-forwarded-proto")
        default: false
        }
    }

    fileprivate var isLength: Bool {
        equals(ignoringCase: "content-length") || equals(ignoringCase: "transfer-encoding")
            || equals(ignoringCase: "trailer")
    }
}

extension RedirectLocation {
    /// User and password as the field Authorization has them (RFC 7617 §2).
    var basicCredentials: String? {
        userInfo.map { Array("\($0.user):\($0.password)".utf8).base64 }
    }
}
