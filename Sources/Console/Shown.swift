package import Text

/// How values are shown to people.
enum Shown {
    /// `1.4 GB`, decimal, as the field writes amounts of data on the wire.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value < 999.5 || unit == "TB" {
                return unit == "B" ? "\(count) B" : "\(rounded(value)) \(unit)"
            }
            value /= 1_000
        }
        return "\(count) B"
    }

    private static func rounded(_ value: Double) -> String {
        guard value < 9.95 else { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `0.2`, `14`, `1,204`
    static func rate(_ count: Int, seconds: Int) -> String {
        let tenths = (count * 10 + seconds / 2) / max(1, seconds)
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : (tenths / 10).grouped
    }

    /// `3 min`, `2 h 5 min`, `4 d 3 h`: the two largest units.
    static func duration(milliseconds: Int) -> String {
        let seconds = milliseconds / 1_000
        switch seconds {
        case ..<1: return "\(milliseconds) ms"
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(seconds / 60) min"
        case ..<86_400:
            let minutes = seconds % 3_600 / 60
            return "\(seconds / 3_600) h" + (minutes > 0 ? " \(minutes) min" : "")
        default:
            let hours = seconds % 86_400 / 3_600
            return "\(seconds / 86_400) d" + (hours > 0 ? " \(hours) h" : "")
        }
    }

    /// Why a client was denied, as people say it.
    static func reason(_ word: String) -> String { reasons[word] ?? word }

    private static let reasons = [
        "linkClosed": "Public access is off", "notInWhitelist": "Not in the whitelist",
        "deniedByRule": "Denied by an entry",
        "untrustedProxySource": "Not a trusted load balancer",
        "badProxyHeader": "Invalid PROXY header", "proxyHeaderTimeout": "No PROXY header in time",
        "unexpectedProxyHeader": "Unexpected PROXY header", "noRoute": "No route",
        "badTLSHandshake": "TLS handshake failed", "tlsHandshakeTimeout": "TLS took too long",
        "tlsRequired": "TLS is required", "badLogin": "Invalid login",
        "clientCertificateRequired": "Client certificate is required",
        "unknownName": "Unknown host name", "contradictingNames": "Contradicting names",
        "noEndpoint": "No private endpoint", "unknownEndpoint": "Unknown endpoint",
        "endpointPendingAcceptance": "Endpoint waits for acceptance",
        "endpointPending": "Endpoint is being made", "endpointRejected": "Endpoint was rejected",
        "endpointExpired": "Endpoint has expired", "endpointFailed": "Endpoint has failed",
        "endpointDeleting": "Endpoint is being deleted", "endpointDeleted": "Endpoint was deleted",
        "endpointConnectionLimit": "Endpoint has too many connections",
        "notASource": "Not a source of this outbound link",
        "connectionLimit": "Too many connections",
        "warehouseConnectionLimit": "Warehouse has too many connections",
        "sourceConnectionLimit": "Source has too many connections",
        "sourceRateLimit": "Source connects too often",
        "malformedRequest": "Invalid request", "forbiddenPath": "Path is denied",
        "misdirectedRequest": "Request for another host",
        "redirectRefused": "Redirect to an address that is not allowed",
        "badAnswer": "Server's answer is invalid", "answerTimeout": "Server did not answer in time",
    ]
}

/// A moment, as programs and as people write it. A browser shows it in its own time zone.
struct Moment: Sendable {
    let moment: String
    let text: String
}

extension JSONValue {
    /// `nil` unless it is a text.
    var moment: Moment? {
        string.flatMap { $0.isEmpty ? nil : Moment(moment: $0, text: $0.shownMoment) }
    }

    /// An endpoint's name, such as `aws:vpce-0123456789abcdef0`: the API answers it as text, or as
    /// its cloud and its id.
    var endpointName: String? {
        if let string { return string }
        guard let cloud = self["cloud"]?.string, let id = self["id"]?.string else { return nil }
        return "\(cloud):\(id)"
    }

    /// `nil` unless it is a whole number that fits.
    package var int: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// `nil` unless it is an object.
    var members: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension String {
    /// `2026-11-29 09:12 UTC` of an RFC 3339 moment in UTC.
    var shownMoment: String {
        guard count >= 16 else { return self }
        return prefix(16).replacing("T", with: " ") + " UTC"
    }
}
