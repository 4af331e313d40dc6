import Policy
import Text
import Traffic

extension HealthCheck {
    private static let waits: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3_600)

    /// Reads a service's key `healthCheck`: one word, or a mapping with the word as its `type`.
    ///
    /// - Parameter service: the protocol; `nil` if it is not known; then nothing follows from it.
    static func decode(_ place: Place?, for service: ServiceProtocol?) -> HealthCheck {
        var check = HealthCheck(kind: service?.known.standardHealthCheck ?? .tcp)
        guard let place else { return check }
        guard place.isMapping else {
            if let word: Word = place.scalar() {
                word.check(for: service, at: place)
                check.kind = word.kind
            }
            return check
        }
        place.keys { fields in
            check.readKind(&fields, for: service)
            fields.read("interval", into: &check.interval, within: waits)
            fields.read("timeout", into: &check.timeout, within: waits)
            fields.read("rise", into: &check.rise, within: 1...100)
            fields.read("fall", into: &check.fall, within: 1...100)
        }
        return check
    }

    private mutating func readKind(_ fields: inout Fields, for service: ServiceProtocol?) {
        // Nothing is concluded from an invalid type: its error is reported.
        var isTypeSound = !fields.isGiven("type")
        if let place = fields.place("type"), let word: Word = place.scalar() {
            kind = word.kind
            isTypeSound = word.check(for: service, at: place)
        }
        for asked in ServiceProtocol.allCases {
            guard let question = asked.known.healthQuestion else { continue }
            readParameter(
                of: question,
                in: asked,
                &fields,
                for: isTypeSound ? service : nil
            )
        }
    }

    private mutating func readParameter(
        of question: any HealthQuestion.Type,
        in asked: ServiceProtocol,
        _ fields: inout Fields,
        for service: ServiceProtocol?
    ) {
        let key = question.parameterKey
        guard let place = fields.place(key), let parameter = question.parameter(at: place) else {
            return
        }
        if case .asks(asked, _) = kind {
            kind = .asks(asked, parameter: parameter)
        } else if let service {
            let cure = (fields.isGiven("type") ? "set " : "add ") + "type: \(asked.rawValue)"
            fields.conclude(
                .error,
                at: place,
                fromAbsenceOf: ["type"],
                "only \(asked.rawValue) health checks have a \(key)",
                remedy: service == asked ? cure : "remove \(key)"
            )
        }
    }

    /// The kinds' names.
    private enum Word: ConfigurationWord {
        case off, tcp
        case asks(ServiceProtocol)

        static let allCases: [Word] =
            [.off, .tcp]
            + ServiceProtocol.allCases.filter { $0.known.healthQuestion != nil }.map(Word.asks)

        init?(rawValue: String) {
            guard let word = Self.allCases.first(where: { $0.rawValue == rawValue }) else {
                return nil
            }
            self = word
        }

        var rawValue: String {
            switch self {
            case .off: "off"
            case .tcp: "tcp"
            case .asks(let asked): asked.rawValue
            }
        }

        var kind: Kind {
            switch self {
            case .off: .off
            case .tcp: .tcp
            case .asks(let asked):
                .asks(asked, parameter: asked.known.healthQuestion?.standardParameter ?? "")
            }
        }

        static var synonyms: [String: Word] {
            var synonyms: [String: Word] = [
                "no": .off, "none": .off, "false": .off, "never": .off, "disabled": .off, "0": .off,
                "connect": .tcp, "port": .tcp, "true": .tcp, "yes": .tcp, "on": .tcp,
            ]
            for (synonym, meant) in ServiceProtocol.synonyms {
                synonyms[synonym] = Word(rawValue: meant.rawValue)
            }
            return synonyms
        }

        /// A check speaks the protocol of the service, or none.
        ///
        /// - Returns: whether it does.
        @discardableResult
        func check(for service: ServiceProtocol?, at place: Place) -> Bool {
            if case .tcp = self, service?.known.countsBareConnects == true {
                place.warning(
                    "the server counts each check as a failed handshake and blocks the gateway after"
                        + " max_connect_errors (100)",
                    remedy: "set healthCheck: mysql, or off"
                )
            }
            guard case .asks(let asked) = self, let service, service != asked else { return true }
            place.error(
                "\(asked.known.nameWithArticle) check requires protocol \(asked.rawValue), but this"
                    + " service is \(service.rawValue)",
                remedy: "set healthCheck: \(service.rawValue)"
            )
            return false
        }
    }
}

extension HealthQuestion {
    /// Reads the parameter at `place`; `nil` if it is invalid, which is reported.
    static func parameter(at place: Place) -> String? {
        guard let parameter: Parameter = place.scalar() else { return nil }
        return parameter.text
    }
}
