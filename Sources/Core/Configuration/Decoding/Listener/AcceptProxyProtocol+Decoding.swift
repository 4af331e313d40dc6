import Addresses

extension AcceptProxyProtocol {
    /// The largest header there is: 16 bytes and a 16-bit length (PROXY protocol §2.2).
    private static let byteCounts = ByteCount(bytes: 107)...ByteCount(bytes: 65_551)

    /// Reads a listener's key `proxyProtocol`.
    ///
    /// - Parameters:
    ///   - identifies: whether nothing but the header says which endpoint a client comes from.
    ///   - timeout: the listener's for headers.
    static func decode(
        _ listener: inout Fields,
        identifies: Bool,
        timeout: Duration
    ) -> AcceptProxyProtocol {
        var accept = AcceptProxyProtocol()
        accept.timeout = timeout
        guard let place = listener.place("proxyProtocol") else {
            accept.checkIdentity(identifies, at: listener.place)
            return accept
        }
        place.keys { fields in
            accept.readHeaderLimits(&fields)
            accept.readTrust(&fields, identifies: identifies)
            accept.readClientHeaders(&fields)
        }
        return accept
    }

    private mutating func readHeaderLimits(_ fields: inout Fields) {
        var maximum = ByteCount(bytes: maximumByteCount)
        fields.readHeaderTimeout("timeout", into: &timeout)
        fields.read("maximumSize", into: &maximum, within: Self.byteCounts)
        maximumByteCount = maximum.bytes
    }

    private mutating func readTrust(_ fields: inout Fields, identifies: Bool) {
        let isEmpty = fields.isEmptyList("trusted")
        trusted = fields.blocks("trusted")
        warnOfWideTrust(at: fields.place)
        guard let mode = fields.value("accept", default: mode) else { return }
        self.mode = mode
        checkIdentity(identifies, at: fields.place)
        checkTrust(isEmpty: isEmpty, at: fields.place)
    }

    private mutating func readClientHeaders(_ fields: inout Fields) {
        guard let place = fields.place("clientHeaders"),
            let clientHeaders: ClientHeaders = place.scalar()
        else { return }
        self.clientHeaders = clientHeaders
        guard clientHeaders == .pass else { return }
        guard mode == .off else {
            return place.fault(
                "where the gateway reads headers, its clients' own could forge an address",
                remedy: "clientHeaders: refuse, or accept: off"
            )
        }
        place.warning(
            "every client may tell the backend another address than its own",
            remedy: "clientHeaders: refuse, unless all clients of this listener are proxies"
        )
    }

    /// Any union of blocks counts: 0.0.0.0/1 and 128.0.0.0/1 are everybody.
    private func warnOfWideTrust(at place: Place) {
        for openness in AddressOpenness.all(of: trusted) {
            place.warning(
                "trusted: \(openness.subject) could forge a client address and bypass the whitelist",
                remedy: "trust the load balancer's network only"
            )
        }
    }

    private func checkIdentity(_ identifies: Bool, at place: Place) {
        guard identifies, mode != .required else { return }
        place.fault(
            "over a private link only the PROXY header says which endpoint a connection comes from",
            remedy: "proxyProtocol: { accept: required, trusted: [ the load balancer's network ] },"
                + " or endpoint: ID where the listener itself is an endpoint"
        )
    }

    private func checkTrust(isEmpty: Bool, at place: Place) {
        switch (mode, isEmpty) {
        case (.off, false):
            place.warning(
                "trusted sources do not count while accept is off",
                remedy: "accept: optional, or remove trusted"
            )
        case (.optional, true), (.required, true):
            place.fault(
                "accept is \(mode.rawValue), and no source is trusted: nobody could send a header",
                remedy: "trusted: [ the load balancer's network ]"
            )
        case (.off, true), (.optional, false), (.required, false):
            break
        }
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
