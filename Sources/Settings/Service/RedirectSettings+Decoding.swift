import Policy
import Text
import Traffic

extension RedirectSettings {
    /// Reads a service's key `redirects`.
    ///
    /// - Parameters:
    ///   - service: the protocol; `nil` if it is not known; then nothing follows from it.
    ///   - listen: the place of the listener's own address, if there is only one listener.
    ///   - tls: of the service's backends.
    static func decode(
        _ place: Place?,
        for service: ServiceProtocol?,
        listen: Place?,
        inheriting tls: BackendTLSSettings?
    ) -> RedirectSettings {
        var settings = RedirectSettings()
        settings.tls = tls
        guard let place else { return settings }
        if let service, service != .http {
            place.error(
                "only HTTP services have redirects, and this one is \(service.rawValue)",
                remedy: "remove the key"
            )
            return settings
        }
        place.mapping(insteadOfList: "targets") { (fields: inout Fields) -> Void? in
            if let list = fields.place("targets") {
                settings.targets = decodeTargets(list, listen: listen)
            }
            settings.learning = Learning.decode(fields.place("learn"))
            if let place = fields.place("tls") {
                settings.tls = BackendTLSSettings.decode(place)
                place.checkUse(of: settings, in: &fields)
            }
            return nil
        }
        return settings
    }

    private static func decodeTargets(_ list: Place, listen: Place?) -> [BackendAddress] {
        var claims = Claims<BackendAddress>()
        return list.elements().compactMap { place in
            guard let address: BackendAddress = place.scalar() else { return nil }
            if let owner = claims.claim(address, for: place) {
                place.error(
                    "duplicate target \(address), first defined at \(owner.reference)",
                    remedy: "remove one of the two"
                )
            }
            place.decoding.backends.append(
                BackendClaim(
                    address: address,
                    location: place.location,
                    listen: listen?.location
                )
            )
            return address
        }
    }
}

extension Place {
    /// Warns of TLS that no redirect leads to: the service's own backends are reached as `backendTLS` says.
    fileprivate func checkUse(of settings: RedirectSettings, in fields: inout Fields) {
        guard settings.tls != nil, settings.targets.isEmpty, settings.learning == nil
        else { return }
        fields.conclude(
            .warning,
            at: self,
            fromAbsenceOf: ["targets", "learn"],
            "has no effect: redirects may lead to the service's own backends only",
            remedy: "add targets: [ host:8050 ]"
        )
    }
}

extension RedirectSettings.Learning {
    private static let intervals: ClosedRange<Duration> = .seconds(1) ... .seconds(3_600)
    private static let standardUser = "sluice_check"
    private static let userLimit = 128

    /// Reads `learn`: one word, or a mapping with the word as its `from`.
    static func decode(_ place: Place?) -> Self? {
        guard let place else { return nil }
        guard place.isMapping else {
            guard let word: Word = place.scalar(), let source = word.source else { return nil }
            place.recordLearning(from: source)
            return Self(source: source, user: standardUser)
        }
        return place.mapping { fields in
            fields.guess = { Self.guess(for: $0.key) }
            let from = fields.requiredPlace("from")
            let source: Source? = from?.scalar()
            var learning = Self(source: source ?? .http, user: standardUser)
            learning.read(&fields)
            guard let source, let from else { return nil }
            from.recordLearning(from: source)
            return learning
        }
    }

    private mutating func read(_ fields: inout Fields) {
        if let place = fields.read("user", into: &user),
            user.isEmpty || user.utf8.count > Self.userLimit
                || user.utf8.contains(UInt8(ascii: ":"))
        {
            // Basic authentication ends the name at a colon (RFC 7617 §2).
            place.error("expected 1 to \(Self.userLimit) bytes without a colon")
        }
        passwordFile = fields.optional("passwordFile")
        fields.read("every", into: &interval, within: Self.intervals)
    }

    private static func guess(for key: String) -> KeyGuess? {
        switch Suggestion.plain(key) {
        case "password":
            KeyGuess(
                keys: ["passwordFile"],
                remedy:
                    "write the password to a file that only the gateway's user can read, and name it:"
                    + " passwordFile: /etc/sluice/check-password"
            )
        case "interval": KeyGuess(keys: ["every"], remedy: "did you mean every?")
        case "source", "type": KeyGuess(keys: ["from"], remedy: "did you mean from?")
        default: nil
        }
    }

    /// What `learn` may be alone.
    private enum Word: String, CaseIterable, ConfigurationWord {
        case off, mysql, http

        static let synonyms: [String: Self] = [
            "none": .off, "no": .off, "false": .off, "sql": .mysql, "doris": .mysql, "api": .http,
        ]

        var source: Source? { Source(rawValue: rawValue) }
    }
}

extension RedirectSettings.Learning.Source: ConfigurationWord {
    package static let synonyms: [String: Self] = [
        "sql": .mysql, "doris": .mysql, "starrocks": .mysql, "api": .http, "rest": .http,
    ]
}

// MARK: - What follows from it

extension Place {
    /// Records what needs the warehouse's MySQL service.
    fileprivate func recordLearning(from source: RedirectSettings.Learning.Source) {
        if source == .mysql { decoding.mysqlLearners.append(location) }
    }
}

extension DecodedWarehouse {
    /// Reports what would learn over a MySQL service that the warehouse does not have.
    ///
    /// - Parameter learners: the places of `from` in the warehouse.
    func checkLearning(at learners: ArraySlice<ValueLocation>, in decoding: Decoding) {
        let hasService =
            isMissingServices || services.contains { $0.service.id.protocol == .mysql }
            || listeners.contains { $0.protocol == .mysql && $0.link != .outbound }
        guard !hasService else { return }
        for learner in learners {
            let finding = learner.finding(
                .error,
                "warehouse \(warehouse.id) has no mysql service to learn from",
                remedy:
                    "add services: { mysql: { backends: [ host:9030 ] } } to it, or learn from http"
            )
            decoding.report(finding)
        }
    }
}

extension Topology {
    /// Warns of listeners whose redirects lead nowhere, and of targets that no redirect is compared with.
    func checkRedirects(in decoding: Decoding) {
        // It may follow from an error: one mistake, one message.
        guard !decoding.hasErrors else { return }
        var used: Set<Service.ID> = []
        for listener in listeners where listener.http.readsRequests {
            for service in listener.routes.map(\.service) where used.insert(service.id).inserted {
                // An invalid key is reported, and an empty one is meant.
                guard decoding.redirectPlaces[service.id] == nil else { continue }
                decoding.httpPlaces[listener.address].map {
                    $0.warnOfNoTargets(of: service, in: decoding)
                }
            }
        }
        // Of a service that no route leads to, that is said.
        let reached = Set(services.map(\.id)).subtracting(used)
        let idle = decoding.redirectPlaces.filter { reached.contains($0.key) }
        for place in idle.values.sorted(by: { $0.position < $1.position }) {
            decoding.report(
                place.finding(
                    .warning,
                    "has no effect: no listener that reads requests leads to this service",
                    remedy: "set http: follow in a listener that does"
                )
            )
        }
    }
}

extension ValueLocation {
    fileprivate func warnOfNoTargets(of service: Service, in decoding: Decoding) {
        decoding.report(
            finding(
                .warning,
                "redirects of \(service.id) may lead to its own backends only: loads that front ends"
                    + " redirect to back ends get 502",
                remedy:
                    "add redirects: { targets: [ host:8040 ] } or redirects: { learn: mysql } to the"
                    + " service"
            )
        )
    }
}
