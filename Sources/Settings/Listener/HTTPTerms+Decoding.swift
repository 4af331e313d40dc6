import Policy
public import Text
public import Traffic

extension HTTPTerms {
    private static let timeouts: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86_400)

    /// Reads a listener's key `http`: one word, or a mapping with the word as its `mode`.
    ///
    /// - Parameters:
    ///   - service: the protocol; `nil` if it is not known; then nothing follows from it.
    ///   - link: determines which paths are denied by default; `nil` if it is not known.
    static func decode(
        _ place: Place?,
        for service: ServiceProtocol?,
        link: LinkKind?,
        tls: ClientTLS
    )
        -> HTTPTerms?
    {
        guard let place else { return nil }
        if let service, service != .http {
            place.error(
                "only HTTP listeners have http, and this one is \(service.rawValue)",
                remedy: "set protocol: http, or remove the key"
            )
            return nil
        }
        var terms = HTTPTerms()
        if link == .public { terms.denied = .internals }
        if place.isMapping {
            place.keys { terms.read(&$0) }
        } else if let mode: Mode = place.scalar() {
            terms.mode = mode
        }
        guard terms.readsRequests else { return HTTPTerms() }
        if tls == .passedThrough { terms.reportHiddenRequests(at: place) }
        return terms
    }

    private mutating func read(_ fields: inout Fields) {
        fields.guess = { Self.guess(for: $0.key) }
        let modePlace = fields.read("mode", into: &mode)
        let places = [
            fields.readDenied(into: &denied),
            fields.read("clientAddress", into: &clientAddress),
            fields.readPolicy(into: &redirectPolicy),
            fields.read("redirectTimeout", into: &redirectTimeout, within: Self.timeouts),
            fields.read("answerTimeout", into: &answerTimeout, within: Self.timeouts),
            fields.readRewriting("errorURL", into: &rewritesErrorURL),
            fields.readRewriting("backendList", into: &rewritesBackendList),
        ]
        // An invalid mode is reported, and nothing follows from it.
        guard !readsRequests, modePlace != nil || !fields.isGiven("mode") else { return }
        for place in places.compactMap(\.self) {
            fields.conclude(
                .error,
                at: place,
                fromAbsenceOf: modePlace == nil ? ["mode"] : [],
                "has no effect: in mode pass, requests are not read",
                remedy: "set mode: follow, or remove the key"
            )
        }
    }

    private func reportHiddenRequests(at place: Place) {
        place.error(
            "the gateway cannot read requests inside of TLS that it passes through",
            remedy: "set http: pass, or end TLS at the gateway: tls: on"
        )
    }

    /// What other programs call these keys.
    private static func guess(for key: String) -> KeyGuess? {
        let synonyms = [
            "deny": ["denied", "denypaths", "deniedpaths", "blockedpaths", "paths"],
            "clientAddress": ["xforwardedfor", "forwarded", "forwardfor", "realip", "clientip"],
            "redirectPolicy": ["streamloadredirectpolicy", "policy"],
            "answerTimeout": [
                "proxyreadtimeout", "readtimeout", "timeoutserver", "responsetimeout",
            ],
        ]
        let word = Suggestion.plain(key)
        return synonyms.first { $0.value.contains(word) }.map {
            KeyGuess(keys: [$0.key], remedy: "did you mean \($0.key)?")
        }
    }
}

extension Fields {
    /// `deny: [default, /admin]`.
    fileprivate mutating func readDenied(into denied: inout PathList) -> Place? {
        guard let place = place("deny") else { return nil }
        let paths = place.elements().compactMap { $0.scalar(DeniedPath.self) }
        denied = PathList(paths.flatMap(\.prefixes))
        return place
    }

    /// `redirectPolicy: none`, or a word for the front end.
    fileprivate mutating func readPolicy(into policy: inout String?) -> Place? {
        guard let place = place("redirectPolicy"), let word: RedirectPolicy = place.scalar() else {
            return nil
        }
        policy = word == .none ? nil : word.rawValue
        return place
    }

    fileprivate mutating func readRewriting(_ key: String, into rewrites: inout Bool) -> Place? {
        var word = Rewriting.pass
        let place = read(key, into: &word)
        rewrites = word == .rewrite
        return place
    }
}

/// What happens to addresses of back ends in an answer.
private enum Rewriting: String, CaseIterable, ConfigurationWord {
    case pass, rewrite

    static let synonyms: [String: Self] = [
        "off": .pass, "false": .pass, "no": .pass, "none": .pass, "on": .rewrite, "true": .rewrite,
        "yes": .rewrite,
    ]
}

/// The values of the field `redirect-policy` that Doris knows (fe-core LoadAction.java).
private enum RedirectPolicy: String, CaseIterable, ConfigurationWord {
    /// The field is not sent.
    case none
    case direct
    case randomBackend = "random-be"
    case `public`, `private`
    case publicPrivate = "public-private"

    static let synonyms: [String: Self] = ["off": .none, "no": .none, "false": .none, "": .none]
}

/// An element of `deny`.
private struct DeniedPath: ConfigurationScalar {
    static let expectation = "default, or a path such as /admin or /api/*/compaction"
    private static let byteLimit = 1_024

    let prefixes: [String]

    init(configurationText text: String) throws(ScalarError) {
        guard text != "default" else {
            prefixes = PathList.internals.prefixes
            return
        }
        guard text.utf8.count <= Self.byteLimit, text.hasPrefix("/"), Self.isPlain(text) else {
            throw ScalarError(expected: Self.self, found: text, remedy: Self.remedy(for: text))
        }
        prefixes = [text]
    }

    /// As targets are compared: decoded, and without what servers remove.
    private static func isPlain(_ text: String) -> Bool {
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.allSatisfy { $0.isVisible && !"?#%;\\".utf8.contains($0) }
            && !segments.dropLast().contains("") && !segments.contains(".")
            && !segments.contains("..")
            && segments.allSatisfy { $0 == "*" || $0 == "*$" || !$0.contains("*") }
    }

    private static func remedy(for text: String) -> String? {
        // Not a path: whoever writes that means the list, and would be left without it.
        if Suggestion.plain(text).contains("default"), !text.contains("/") {
            return "did you mean default?"
        }
        if text.contains("*") { return "* stands for one whole segment: /api/*/x" }
        if text.contains("?") { return "write the path without the query" }
        if text.contains("%") {
            return "write it decoded: escapes are decoded before paths are compared"
        }
        if text == "none" || text == "off" { return "write deny: []" }
        return text.hasPrefix("/") ? nil : "write /\(text.drop { $0 == "/" })"
    }
}

extension HTTPTerms.Mode: ConfigurationWord {
    public static let synonyms: [String: Self] = [
        "off": .pass, "none": .pass, "false": .pass, "tcp": .pass, "passthrough": .pass,
        "relay": .pass, "on": .follow, "true": .follow, "proxy": .follow, "redirect": .rewrite,
    ]
}

extension HTTPTerms.ClientAddress: ConfigurationWord {
    public static let synonyms: [String: Self] = [
        "off": .remove, "none": .remove, "false": .remove, "x-forwarded-for": .xForwardedFor,
        "keep": .pass,
    ]
}
