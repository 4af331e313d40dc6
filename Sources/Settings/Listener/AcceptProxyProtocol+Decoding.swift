import Addresses
import Policy
public import Text

extension AcceptProxyProtocol {
    /// The largest header there is: 16 bytes and a 16-bit length (PROXY protocol §2.2).
    private static let byteCounts = ByteCount(bytes: 107)...ByteCount(bytes: 65_551)

    /// Reads a listener's key `proxyProtocol`.
    ///
    /// - Parameters:
    ///   - identifies: whether only the header can identify the endpoint a client connects through.
    ///   - mayBeEndpoint: whether the listener could be an endpoint itself instead.
    ///   - timeout: the listener's timeout for headers.
    static func decode(
        _ listener: inout Fields,
        identifies: Bool,
        mayBeEndpoint: Bool,
        timeout: Duration
    ) -> AcceptProxyProtocol {
        var accept = AcceptProxyProtocol()
        accept.timeout = timeout
        let place = listener.place("proxyProtocol")
        var isModeKnown = true
        place?.keys(remedy: place?.node.acceptRemedy) { fields in
            accept.readHeaderLimits(&fields)
            isModeKnown = accept.readTrust(&fields)
            accept.readClientHeaders(&fields)
        }
        if identifies, accept.mode != .required, isModeKnown, place?.isMapping ?? true {
            listener.concludeMissingIdentity(at: place, mayBeEndpoint: mayBeEndpoint)
        }
        return accept
    }

    private mutating func readHeaderLimits(_ fields: inout Fields) {
        var maximum = ByteCount(bytes: maximumByteCount)
        fields.readHeaderTimeout("timeout", into: &timeout)
        fields.read("maximumSize", into: &maximum, within: Self.byteCounts)
        maximumByteCount = maximum.bytes
    }

    /// - Returns: whether it is certain which headers are accepted.
    private mutating func readTrust(_ fields: inout Fields) -> Bool {
        let isEmpty = fields.isEmptyList("trusted")
        trusted = fields.blocks("trusted")
        warnOfWideTrust(at: fields.place)
        guard let mode = fields.value("accept", default: mode) else { return false }
        self.mode = mode
        checkTrust(isEmpty: isEmpty, of: &fields)
        return !fields.isProbablyLost("accept")
    }

    private mutating func readClientHeaders(_ fields: inout Fields) {
        guard let place = fields.place("clientHeaders"),
            let clientHeaders: ClientHeaders = place.scalar()
        else { return }
        self.clientHeaders = clientHeaders
        guard clientHeaders == .pass else { return }
        guard mode == .off else {
            return place.error(
                "cannot be combined with accept: clients could forge their address",
                remedy: "set clientHeaders: refuse, or accept: off"
            )
        }
        place.warning(
            "any client could forge its address to the backend",
            remedy: "set clientHeaders: refuse, unless all clients of this listener are proxies"
        )
    }

    /// Any union of blocks counts: 0.0.0.0/1 and 128.0.0.0/1 cover everything.
    private func warnOfWideTrust(at place: Place) {
        for openness in AddressOpenness.all(of: trusted) {
            place.warning(
                "trusted: \(openness.subject) could forge a client address and bypass the whitelist",
                remedy: "trust the load balancer's network only"
            )
        }
    }

    private func checkTrust(isEmpty: Bool, of fields: inout Fields) {
        switch (mode, isEmpty) {
        case (.off, false):
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["accept"],
                "trusted has no effect while accept is off",
                remedy: "set accept: optional, or remove trusted"
            )
        case (.optional, true), (.required, true):
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["trusted"],
                "accept is \(mode.rawValue), but no source is trusted: no header would be accepted",
                remedy: "add trusted: [ the load balancer's network ]"
            )
        case (.off, true), (.optional, false), (.required, false):
            break
        }
    }
}

extension Fields {
    fileprivate mutating func concludeMissingIdentity(at place: Place?, mayBeEndpoint: Bool) {
        conclude(
            .error,
            at: place ?? self.place,
            fromAbsenceOf: ["endpoint", "proxyProtocol", "link"],
            "a private link needs PROXY headers: only they identify the endpoint of a connection",
            remedy:
                "add proxyProtocol: { accept: required, trusted: [ the load balancer's network ] }"
                + (mayBeEndpoint ? ", or endpoint: ID if the listener itself is an endpoint" : "")
        )
    }
}

extension ConfigurationNode {
    /// `proxyProtocol: required`: what to write instead.
    fileprivate var acceptRemedy: String? {
        guard case .scalar(let text) = content else { return nil }
        let word = text.lowercased()
        guard
            let mode = AcceptProxyProtocol.Mode(rawValue: word)
                ?? AcceptProxyProtocol.Mode.synonyms[word]
        else { return nil }
        return mode == .off
            ? "write { accept: off }"
            : "write { accept: \(mode.rawValue), trusted: [ the load balancer's network ] }"
    }
}

extension AcceptProxyProtocol.Mode: ConfigurationWord {
    static var synonyms: [String: Self] {
        [
            "on": .required, "true": .required, "yes": .required, "always": .required,
            "v1": .required, "v2": .required, "false": .off, "no": .off, "never": .off,
        ]
    }
}

extension AcceptProxyProtocol.ClientHeaders: ConfigurationWord {}
