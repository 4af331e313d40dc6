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
            var isTypeSound = !fields.isGiven("type")
            if let place = fields.read("type", into: &word) {
                isTypeSound = word.check(for: service, at: place)
            }
            check.kind = word.kind
            check.readPath(&fields, of: service, isTypeSound: isTypeSound)
            check.readUser(&fields, of: service, isTypeSound: isTypeSound)
            fields.read("interval", into: &check.interval, within: waits)
            fields.read("timeout", into: &check.timeout, within: waits)
            fields.read("rise", into: &check.rise, within: 1...100)
            fields.read("fall", into: &check.fall, within: 1...100)
        }
        return check
    }

    /// - Parameters:
    ///   - service: `nil` if it is not known; then nothing follows from it.
    ///   - isTypeSound: otherwise its error is reported, and nothing follows from it.
    private mutating func readPath(
        _ fields: inout Fields,
        of service: Listener.ServiceProtocol?,
        isTypeSound: Bool
    ) {
        guard let place = fields.place("path"), let path: RequestPath = place.scalar() else {
            return
        }
        if case .http = kind {
            kind = .http(path: path.text)
        } else if isTypeSound, service != nil {
            fields.conclude(
                .error,
                at: place,
                fromAbsenceOf: ["type"],
                "only a check of type http has a path",
                remedy: service == .http ? "add type: http" : "remove path"
            )
        }
    }

    /// With parameters as in ``readPath(_:of:isTypeSound:)``.
    private mutating func readUser(
        _ fields: inout Fields,
        of service: Listener.ServiceProtocol?,
        isTypeSound: Bool
    ) {
        guard let place = fields.place("user"), let user: DatabaseUserName = place.scalar() else {
            return
        }
        if case .mysql = kind {
            kind = .mysql(user: user.text)
        } else if isTypeSound, service != nil {
            fields.conclude(
                .error,
                at: place,
                fromAbsenceOf: ["type"],
                "only a check of type mysql has a user",
                remedy: service == .mysql ? "type: mysql" : "remove user"
            )
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

        static var synonyms: [String: Word] {
            [
                "no": .off, "none": .off, "false": .off, "never": .off, "disabled": .off, "0": .off,
                "connect": .tcp, "port": .tcp, "true": .tcp, "yes": .tcp, "on": .tcp,
                "mariadb": .mysql, "https": .tcp, "tls": .tcp,
            ]
        }

        /// A check speaks the protocol of the service, or none.
        ///
        /// - Returns: whether it does.
        @discardableResult
        func check(for service: Listener.ServiceProtocol?, at place: Place) -> Bool {
            let needed: Listener.ServiceProtocol? =
                switch self {
                case .off, .tcp: nil
                case .mysql: .mysql
                case .http: .http
                }
            if self == .tcp, service == .mysql {
                // Measured; see MySQLHealthCheck.
                place.warning(
                    "the server counts each such check as a broken login, and after"
                        + " max_connect_errors of them (100) refuses everybody",
                    remedy: "healthCheck: mysql, or off"
                )
            }
            guard let service, let needed, service != needed else { return true }
            place.fault(
                "\(needed.withArticle) check needs a listener of protocol \(needed.rawValue), "
                    + "this one's is \(service.rawValue)",
                remedy: "healthCheck: \(service.rawValue)"
            )
            return false
        }
    }
}

extension Listener.ServiceProtocol {
    /// Before the name of something of this protocol.
    fileprivate var withArticle: String {
        switch self {
        case .mysql: "a MySQL"
        case .http: "an HTTP"
        case .tcp: "a TCP"
        }
    }
}
