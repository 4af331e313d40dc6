extension HealthCheck {
    /// `GET /` is answered by every HTTP server, if only with 404, which is healthy.
    private static let standardPath = "/"
    private static let waits: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3_600)

    /// Reads a listener's key `healthCheck`: one word, or a mapping with the word as its `type`.
    ///
    /// By default a mysql listener's backends are asked for their greeting, all others connected.
    static func decode(_ place: Place?, for service: Listener.ServiceProtocol?) -> HealthCheck {
        let standard = service == .mysql ? Word.mysql : .tcp
        guard let place else { return HealthCheck(kind: standard.kind) }
        guard place.isMapping else {
            let word: Word? = place.scalar()
            word?.check(for: service, at: place)
            return HealthCheck(kind: (word ?? standard).kind)
        }
        return decodeKeys(place, for: service, standard: standard)
    }

    private static func decodeKeys(
        _ place: Place,
        for service: Listener.ServiceProtocol?,
        standard: Word
    ) -> HealthCheck {
        var word = standard
        var check = HealthCheck(kind: standard.kind)
        place.keys { fields in
            if let place = fields.read("type", into: &word) { word.check(for: service, at: place) }
            check.kind = word.kind
            check.readPath(&fields)
            check.readUser(&fields)
            fields.read("interval", into: &check.interval, within: waits)
            fields.read("timeout", into: &check.timeout, within: waits)
            fields.read("rise", into: &check.rise, within: 1...100)
            fields.read("fall", into: &check.fall, within: 1...100)
        }
        return check
    }

    private mutating func readPath(_ fields: inout Fields) {
        guard let place = fields.place("path"), let path: RequestPath = place.scalar() else {
            return
        }
        if case .http = kind {
            kind = .http(path: path.text)
        } else {
            place.fault("only a check of type http has a path", remedy: "type: http")
        }
    }

    private mutating func readUser(_ fields: inout Fields) {
        guard let place = fields.place("user"), let user: DatabaseUserName = place.scalar() else {
            return
        }
        if case .mysql = kind {
            kind = .mysql(user: user.text)
        } else {
            place.fault("only a check of type mysql has a user", remedy: "type: mysql")
        }
    }

    /// The kinds' names.
    private enum Word: String, ConfigurationWord {
        case off, tcp, mysql, http

        var kind: Kind {
            switch self {
            case .off: .off
            case .tcp: .tcp
            case .mysql: HealthCheck.mysql.kind
            case .http: .http(path: standardPath)
            }
        }

        /// A check speaks the protocol of the service, or none.
        func check(for service: Listener.ServiceProtocol?, at place: Place) {
            let needed: Listener.ServiceProtocol? =
                switch self {
                case .off, .tcp: nil
                case .mysql: .mysql
                case .http: .http
                }
            guard let service, let needed, service != needed else { return }
            place.fault(
                "a \(rawValue) check needs a listener of protocol \(needed.rawValue), "
                    + "this one's is \(service.rawValue)",
                remedy: "healthCheck: tcp"
            )
        }
    }
}
