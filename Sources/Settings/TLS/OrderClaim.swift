import DomainNames
import Policy
import Text
import Traffic

/// A certificate that is to be obtained, and its place; checked once listeners and names are known.
struct OrderClaim {
    let names: [(text: String, location: ValueLocation)]
    let challenge: ACMESettings.Challenge
    let location: ValueLocation
}

extension Decoding {
    /// Reports certificates that no authority can issue, because nothing would answer it. Where a network
    /// in between might still lead it here, that is a warning.
    ///
    /// Nothing is concluded from a configuration with other errors: what they are about may be missing.
    func checkOrders(for topology: Topology) {
        guard faultCount == listFaultCount, topology.acme != nil else { return }
        let names = ReachableNames(of: topology)
        for order in orders {
            order.checkResponder(in: topology, reportingTo: self)
            for (text, location) in order.names {
                order.check(text, at: location, among: names, reportingTo: self)
            }
        }
    }
}

// MARK: - What answers the authority

extension OrderClaim {
    fileprivate func checkResponder(in topology: Topology, reportingTo decoding: Decoding) {
        switch challenge {
        case .http: checkHTTP(topology.listeners, decoding)
        case .tlsALPN where !topology.listeners.contains { $0.tls != nil }:
            decoding.report(
                location.finding(
                    .error,
                    "tls-alpn-01 is answered by listeners that end TLS, and there are none",
                    remedy: "set tls: on or required at the listener that port 443 leads to"
                )
            )
        case .dns where !topology.publishesNames:
            decoding.report(
                location.finding(
                    .error,
                    "dns-01 is answered by the gateway's names, which are published nowhere",
                    remedy: "add domain, and dns with listen or update"
                )
            )
        case .tlsALPN, .dns: break
        }
    }

    private func checkHTTP(_ listeners: [Listener], _ decoding: Decoding) {
        let web = listeners.filter { $0.protocol == .http && !$0.passesTLSThrough }
        guard !web.contains(where: { $0.tls?.mode != .required }) else { return }
        decoding.report(
            location.finding(
                web.isEmpty ? .error : .warning,
                web.isEmpty
                    ? "http-01 is answered by http listeners, and there are none"
                    : "http-01 starts without TLS, and every http listener requires it",
                remedy: "add an http listener with tls: off or on that port 80 leads to, or use"
                    + " another challenge"
            )
        )
    }
}

extension Topology {
    /// Whether other machines see what the gateway adds to its zone.
    fileprivate var publishesNames: Bool {
        names.map { !$0.listen.isEmpty || $0.update != nil } ?? false
    }
}

// MARK: - Its names

extension OrderClaim {
    fileprivate func check(
        _ text: String,
        at location: ValueLocation,
        among names: ReachableNames,
        reportingTo decoding: Decoding
    ) {
        let base = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        // `try?`: a name that is not one was reported.
        guard let domain = names.domain, let name = try? DomainName(base) else { return }
        let provesByDNS = challenge == .dns
        if !name.isWithin(domain) {
            guard provesByDNS || !names.routed.contains(name) else { return }
            decoding.report(
                location.finding(
                    provesByDNS ? .error : .warning,
                    provesByDNS
                        ? "dns-01 proves names in \(domain) only, and \(text) is outside of it"
                        : "\(text) is not in \(domain), and no route has this name",
                    remedy: "write a name in \(domain), or remove this one"
                )
            )
        } else if !provesByDNS, !names.haveAddress(of: name) {
            decoding.report(
                location.finding(
                    .warning,
                    "the gateway's name server has no address for \(text), so that an authority"
                        + " cannot connect to it",
                    remedy: "set challenge: dns-01, or order the names of warehouses"
                )
            )
        }
    }
}

/// The names by which an authority can reach the gateway.
private struct ReachableNames {
    let domain: DomainName?
    /// Of routes.
    let routed: Set<DomainName>
    /// In the gateway's own zone; `nil` if it does not answer for the domain itself.
    private let resolved: Set<DomainName>?

    init(of topology: Topology) {
        domain = topology.domain
        routed = Set(topology.listeners.flatMap(\.routes).compactMap(\.match.hostName))
        let own = topology.warehouses.compactMap { topology.names(of: $0)?.name }
        resolved = topology.names.flatMap { settings in
            settings.listen.isEmpty ? nil : Set(own + settings.nameServers.map(\.name))
        }
    }

    /// Whether a name in the domain is a warehouse's, an endpoint's or a name server's.
    func haveAddress(of name: DomainName) -> Bool {
        guard let resolved else { return true }
        return sequence(first: name, next: \.parent).contains(where: resolved.contains)
    }
}

extension RouteMatch {
    /// The host's name that clients ask for; `nil` if it matches something else.
    var hostName: DomainName? {
        switch self {
        // `try?`: those of routes are names.
        case .serverName(let name), .host(let name): try? DomainName(name)
        case .default, .endpoint, .userSuffix, .attribute, .database: nil
        }
    }
}
