import Addresses
import HTTPTypes
import Text
import Traffic

/// Where a request comes from: the peer of its connection or, if that is a trusted proxy, the client
/// that the proxy names.
///
/// The one rule for keys' sources, the audit, `GET /v1/me`, leases, and the protection against
/// cutting oneself off.
enum ClientAddress: Hashable, Sendable {
    case known(IPAddress)
    /// A trusted proxy does not name its client, or not in a form that can be trusted.
    case hidden(by: IPAddress, ForwardingError)
    /// Over the local socket.
    case none

    /// `nil` if it is not known: what is limited to addresses is then refused.
    var address: IPAddress? { if case .known(let address) = self { address } else { nil } }

    /// For the audit and for a key's last use.
    var recordedText: String? {
        switch self {
        case .known(let address): "\(address)"
        case .hidden(let proxy, _): "\(proxy) (proxy)"
        case .none: nil
        }
    }

    /// - Parameters:
    ///   - peer: of the connection; `nil` for a local socket.
    ///   - proxies: whose fields are believed (`management.trustedProxies`). Fields of any other
    ///     peer are ignored.
    init(peer: IPAddress?, _ fields: ForwardingFields, trusting proxies: [CIDRBlock]) {
        guard let peer = peer?.unmapped else {
            self = .none
            return
        }
        guard proxies.trust(peer) else {
            self = .known(peer)
            return
        }
        do throws(ForwardingError) {
            self = .known(try fields.client(trusting: proxies))
        } catch {
            self = .hidden(by: peer, error)
        }
    }
}

extension [CIDRBlock] {
    fileprivate func trust(_ address: IPAddress) -> Bool { contains { $0.contains(address) } }
}

/// Why the fields of a trusted proxy do not name its client.
enum ForwardingError: Error, Hashable, Sendable {
    /// There are none.
    case missing
    /// What is left of it cannot be trusted, and neither can it.
    case malformed(String)
    /// It names no client that is not itself a trusted proxy.
    case onlyProxies
    /// `Forwarded` and `X-Forwarded-For` name different clients: a client could have sent one of
    /// them itself.
    case contradictory
}

extension ForwardingError: CustomStringConvertible {
    var description: String {
        switch self {
        case .missing: "it sends neither X-Forwarded-For nor Forwarded"
        case .malformed(let text):
            "its X-Forwarded-For or Forwarded ends with \(text.quoted), which is not a client's"
                + " address"
        case .onlyProxies: "its X-Forwarded-For or Forwarded names trusted proxies only"
        case .contradictory:
            "its X-Forwarded-For and its Forwarded name different clients (let the proxy set one,"
                + " and remove the other)"
        }
    }
}

/// The fields in which proxies name their clients, each line as it came.
struct ForwardingFields: Hashable, Sendable {
    /// `X-Forwarded-For`: addresses, to which each proxy appends that of its own client.
    var forwardedFor: [String] = []
    /// `Forwarded` (RFC 7239): the same, with more about each.
    var forwarded: [String] = []

    /// The last client that is not a trusted proxy. What is left of it was sent by that client, and
    /// is not looked at.
    fileprivate func client(trusting proxies: [CIDRBlock]) throws(ForwardingError) -> IPAddress {
        guard !forwardedFor.isEmpty || !forwarded.isEmpty else { throw .missing }
        let clients = [
            try Self.lastClient(forwardedFor, trusting: proxies, Self.node),
            try Self.lastClient(forwarded, trusting: proxies, Self.forwardedNode),
        ].compactMap(\.self)
        guard let client = clients.first else { throw .missing }
        guard clients.allSatisfy({ $0 == client }) else { throw .contradictory }
        return client
    }

    /// Reads elements from the right. No part of an element may contain a comma, quoted or not, so
    /// that nothing to the left can change where an element starts.
    ///
    /// - Returns: `nil` without any line.
    private static func lastClient(
        _ lines: [String],
        trusting proxies: [CIDRBlock],
        _ node: (Substring) -> IPAddress?
    ) throws(ForwardingError) -> IPAddress? {
        guard !lines.isEmpty else { return nil }
        for line in lines.reversed() {
            // As bytes: a combining character would make a comma another character.
            for part in line.utf8.split(
                separator: UInt8(ascii: ","),
                omittingEmptySubsequences: false
            )
            .reversed() {
                let element = Substring(part).trimmedOfSpace
                guard let address = node(element)?.unmapped else {
                    throw .malformed(String(element.prefix(64)))
                }
                if !proxies.trust(address) { return address }
            }
        }
        throw .onlyProxies
    }

    /// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`
    private static func node(_ text: Substring) -> IPAddress? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") && isPort(rest.dropFirst()),
                case .v6(let address)? = address(text[..<end].dropFirst())
            else { return nil }
            return .v6(address)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return address(text) }
        guard isPort(parts[1]), case .v4(let address)? = address(parts[0]) else { return nil }
        return .v4(address)
    }

    /// `for=192.0.2.7;proto=https`, `for="[2001:db8::7]:4711"`
    private static func forwardedNode(_ element: Substring) -> IPAddress? {
        var client: Substring?
        for pair in element.split(separator: ";", omittingEmptySubsequences: false) {
            let sides = pair.trimmedOfSpace.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard sides.count == 2, sides[0].isToken, let value = value(sides[1]) else {
                return nil
            }
            guard sides[0].lowercased() == "for" else { continue }
            guard client == nil else { return nil }
            client = value
        }
        guard let client, client.first != "[" || client.contains("]") else { return nil }
        // An IPv6 address must be in brackets there (RFC 7239 §6).
        guard client.hasPrefix("[") || client.count(where: { $0 == ":" }) <= 1 else { return nil }
        return node(client)
    }

    /// A token, or a quoted text of the characters that addresses and hosts need. The grammar's other
    /// quoted texts could hide where an element starts.
    private static func value(_ text: Substring) -> Substring? {
        guard text.hasPrefix("\"") else { return text.isToken ? text : nil }
        let inner = text.dropFirst().dropLast()
        guard text.utf8.count >= 2, text.hasSuffix("\""),
            inner.utf8.allSatisfy({ $0.isTokenByte || [0x3a, 0x5b, 0x5d].contains($0) })
        else { return nil }
        return inner
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && UInt16(text) != nil
    }

    private static func address(_ text: Substring) -> IPAddress? {
        // `try?`: what is not an address is reported as it is.
        try? IPAddress(parsing: String(text))
    }
}

extension Substring {
    /// Without spaces and tabs at both ends (RFC 9110 §5.6.3).
    fileprivate var trimmedOfSpace: Substring {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var bytes = utf8.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return Substring(bytes)
    }

    /// RFC 9110 §5.6.2.
    fileprivate var isToken: Bool { !isEmpty && utf8.allSatisfy(\.isTokenByte) }
}

extension UInt8 {
    fileprivate var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}

// MARK: - Leases

extension ClientAddress {
    /// The address that a client may have admitted for itself.
    ///
    /// - Throws: why it has none. Each reason names the remedy.
    func leasable(trusting proxies: [CIDRBlock]) throws(RequestError) -> IPAddress {
        switch self {
        case .none:
            throw .noLease(
                "The local socket has no address to admit (name the address: sluice whitelist add"
                    + " ADDRESS --expires 15m)."
            )
        case .hidden(let proxy, let error):
            throw .noLease(
                "Your address is not known: you are connected through the trusted proxy \(proxy),"
                    + " and \(error) (let the proxy append your address to X-Forwarded-For)."
            )
        case .known(let address):
            if let problem = address.leaseProblem {
                throw .noLease(
                    "You are connected from \(address), \(problem) (connect to the gateway over the"
                        + " network; a proxy on the way must be listed in management.trustedProxies)."
                )
            }
            // It cannot be: a trusted proxy is not a client. But a list of rules may change.
            guard !proxies.trust(address) else {
                throw .noLease("\(address) is a trusted proxy, not a client.")
            }
            return address
        }
    }
}

extension IPAddress {
    /// What it is, if no client of a warehouse can have it.
    fileprivate var leaseProblem: String? {
        if isLoopback { return "a loopback address" }
        if isUnspecified { return "the unspecified address" }
        if isMulticast { return "a multicast or broadcast address" }
        switch self {
        case .v4(let address):
            if address.bits >> 24 == 0 { return "an address of no host" }
            // Of one network only (RFC 3927, RFC 4291 §2.5.6).
            return address.bits >> 16 == 0xa9fe ? "a link-local address" : nil
        case .v6(let address): return address.high >> 54 == 0x3fa ? "a link-local address" : nil
        }
    }
}

extension RequestError {
    fileprivate static func noLease(_ message: String) -> RequestError {
        RequestError(.badRequest, "NoClientAddress", message)
    }
}
