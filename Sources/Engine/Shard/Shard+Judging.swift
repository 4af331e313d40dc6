import Addresses
import CIDRTrie
import HTTPProtocol
import Policy
import ProxyProtocol
import Settings
import Sockets
import Text
import Time
import Traffic

/// From the first bytes to the verdict. Policy comes first and limits after it: a denied client
/// takes nothing from admitted ones.
extension Shard {
    /// Judges a client by the current policy, and counts it wherever it has a limit.
    ///
    /// - Parameter willBeDenied: regardless of the policy; then it is counted nowhere.
    func judge(_ key: Key, _ introduction: Introduction, willBeDenied: Bool) -> Lifecycle.Verdict {
        guard let routes = snapshot.listeners[connections[key].listener] else {
            return .denied(.linkClosed)
        }
        // A kept connection is still the same client's, and leaves its route only for another one.
        let last = connections[key].dial
        var introduced: EffectiveClient?
        var isForging = willBeDenied
        if last == nil {
            enter(routes.profile, key)
            switch identify(key, by: introduction.proxyHeaders, at: routes) {
            case .refused(let reason, let detail):
                return .denied(reason, detail: detail)
            case .known(let client, let hasForged):
                introduced = client
                isForging = isForging || hasForged
            }
        }
        // A load balancer that speaks for itself has seen that the port is open, which is all that a
        // probe wants.
        let isProbe = introduced?.believedHeaders.last?.origin == .local && !isForging
        var introduction = introduction
        if let name = introduced?.authority { introduction.add(authority: name) }
        let endpoint = connections[key].client.endpoint
        if last == nil {
            connections[key].notes.tls = introduction.tlsSession
            connections[key].notes.passedHello = introduction.passedHello
        }
        let (route, matches): (Route, [RouteMatch])
        switch routes.choice(for: endpoint, introduction) {
        case .destination(let chosen, let selectors): (route, matches) = (chosen, selectors)
        case .none(let reason, let detail):
            if introduction.request != nil, reason == .contradictingNames {
                return .denied(.misdirectedRequest, detail: detail)
            }
            return isProbe ? .probe : .denied(reason, detail: detail)
        }
        if last != nil, route.profile !== connections[key].profile,
            !route.profile.isSameService(as: connections[key].profile)
        {
            if let host = introduction.request?.host {
                let detail = "host \(host) is another warehouse's than that of the first request"
                return .denied(.misdirectedRequest, detail: detail)
            }
            leaveRoute(of: key)
        }
        enter(route.profile, key)
        let verdict = evaluate(route, for: key)
        if let denial = verdict.denial { return isProbe ? .probe : .denied(denial) }
        if isForging { return willBeDenied ? .admitted : .denied(.unexpectedProxyHeader) }
        // The handshake did not know the route.
        switch route.certificates.judge(introduction.tlsSession, by: matches) {
        case .accepted(let session?): connections[key].notes.tls = session
        case .accepted(nil): break
        case .denied(let detail):
            return isProbe ? .probe : .denied(.clientCertificateRequired, detail: detail)
        }
        let plan: HTTPRequestPlan?
        do throws(HTTPRequestPlan.Denial) {
            plan = try self.plan(of: introduction.request, for: key)
        } catch {
            connections[key].notes.requests?.refused = error.record
            return .denied(error.reason, detail: error.detail)
        }
        recordExpiry(verdict.expiry)
        if connections[key].admission == nil {
            if let limit = count(key, by: route) { return .denied(limit) }
            route.profile.counters.recordAdmitted()
            if let shadow = verdict.shadow { recordShadow(of: key, shadow.reason) }
        }
        guard let last else {
            connections[key].dial = Dial(route, for: introduced, request: plan)
            return .admitted
        }
        if !last.begin(plan, by: route) {
            connections[key].dial = Dial(route, request: plan, after: last)
        }
        return .admitted
    }

    /// What becomes of a request, if it is one that is read.
    private func plan(of head: HTTPRequestHead?, for key: Key) throws(HTTPRequestPlan.Denial)
        -> HTTPRequestPlan?
    {
        let profile = connections[key].profile
        guard let head, let rules = profile.http else { return nil }
        if let requests = connections[key].notes.requests {
            requests.begin(at: now)
        } else {
            connections[key].notes.requests = RequestNotes(beganAt: connections[key].acceptedAt)
        }
        return try HTTPRequestPlan(
            head,
            under: rules,
            service: profile.serviceName,
            seconds: now.unixTime.seconds
        )
    }

    /// The next request of a kept connection goes to another service.
    private func leaveRoute(of key: Key) {
        leaveBackend(of: key)
        releaseAdmission(of: key)
    }

    private func evaluate(_ route: Route, for key: Key) -> AccessVerdict {
        let endpoint = connections[key].client.endpoint
        if let endpoint, let network = route.endpoints[endpoint]?.network {
            connections[key].client.network = network
        }
        let verdict = route.policy.verdict(
            client: connections[key].client.address.ip,
            endpoint: endpoint,
            at: now.unixTime
        )
        if let match = verdict.match {
            connections[key].notes.rule = match.block
            let entry = EntryHitTable.Key(list: match.series, block: match.block)
            hits.record(entry, at: now.unixTime)
        }
        return verdict
    }

    /// Records when the rule that admitted a session will expire.
    func recordExpiry(_ expiry: UnixTime?) {
        guard let expiry else { return }
        nextExpiry = min(nextExpiry ?? expiry, expiry)
    }

    /// From now on the connection is one of the listener's or the route's.
    private func enter(_ profile: RouteProfile, _ key: Key) {
        let before = connections[key].profile
        guard before !== profile else { return }
        connections[key].profile = profile
        guard before.counters !== profile.counters else { return }
        before.counters.recordLeft()
        let isNew = before.destination == nil && profile.destination != nil
        profile.counters.recordOpened(isAccepted: isNew)
    }

    private enum Identification {
        /// `introduced` is `nil` if no header identifies the client.
        case known(introduced: EffectiveClient?, isForging: Bool)
        case refused(DenialReason, detail: String)
    }

    /// Identifies the client and its endpoint.
    private func identify(_ key: Key, by headers: [ProxyHeader], at routes: ListenerRoutes)
        -> Identification
    {
        switch routes.headerPolicy.identity(of: connections[key].peer, headers: headers) {
        case .refused(let reason):
            return .refused(reason, detail: "")
        case .client where headers.isEmpty:
            return .known(introduced: nil, isForging: false)
        case .client(let client, let isForging):
            connections[key].client.address = client.address
            connections[key].client.isIntroduced = !client.believedHeaders.isEmpty
            connections[key].client.intermediaries = client.intermediaries
            do {
                let endpoint = try routes.profile.settings.endpoint(of: client)
                connections[key].client.endpoint = endpoint
                connections[key].client.network = Client.unknownNetwork(of: endpoint)
                return .known(introduced: client, isForging: isForging)
            } catch {
                return .refused(.badProxyHeader, detail: error.description)
            }
        }
    }
}

extension EffectiveClient {
    /// The host name that a load balancer passes on (PROXY protocol §2.2.2), in lower case.
    fileprivate var authority: String? {
        for header in believedHeaders {
            // `try?`: a name that is not UTF-8 is none.
            guard let name = try? header.authority(), !name.isEmpty else { continue }
            let bytes = name.utf8.map(\.lowercased)
            let isRooted = bytes.count > 1 && bytes.last == UInt8(ascii: ".")
            return String(decoding: bytes.dropLast(isRooted ? 1 : 0), as: UTF8.self)
        }
        return nil
    }

    /// The authors of the trusted headers after the first one.
    fileprivate var intermediaries: [IPAddress] {
        believedHeaders.dropLast().compactMap { header in
            guard case .proxied(let source, _) = header.origin else { return nil }
            return source.ip.unmapped
        }
    }
}
