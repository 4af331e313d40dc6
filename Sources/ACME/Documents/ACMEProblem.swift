import Text

/// Why an authority refuses something (RFC 7807, RFC 8555 §6.7).
///
/// All texts come from the authority: they are cut, and harmless in a log.
package struct ACMEProblem: Hashable, Sendable {
    /// The last part of ``type`` for the types of RFC 8555 §6.7: `rateLimited`.
    package var type: String
    /// For people; empty if the authority gives no reason.
    package var detail: String
    /// What it refuses for each name.
    package var subproblems: [Subproblem] = []

    package struct Subproblem: Hashable, Sendable {
        /// `nil` if it is not about a single one.
        package var name: String?
        package var type: String
        package var detail: String
    }

    private static let prefix = "urn:ietf:params:acme:error:"
    private static let subproblemLimit = 10
    private static let detailLimit = 300
    private static let typeLimit = 100

    package init(type: String, detail: String) {
        self.type = type
        self.detail = detail
    }

    /// - Returns: `nil` if it is not an object.
    init?(_ json: JSONValue) {
        guard case .object = json else { return nil }
        type = Self.type(in: json)
        detail = Self.detail(in: json)
        subproblems = (json["subproblems"]?.array ?? []).prefix(Self.subproblemLimit).map {
            Subproblem(
                name: $0["identifier"]?["value"]?.string.map { Self.shown($0, Self.detailLimit) },
                type: Self.type(in: $0),
                detail: Self.detail(in: $0)
            )
        }
    }

    private static func type(in json: JSONValue) -> String {
        // RFC 7807 §3.1: without a type, the status says it all.
        let type = json["type"]?.string ?? "about:blank"
        return shown(
            type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type,
            typeLimit
        )
    }

    private static func detail(in json: JSONValue) -> String {
        shown(json["detail"]?.string ?? json["title"]?.string ?? "", detailLimit)
    }

    private static func shown(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > limit else { return LogText.harmless(text) }
        return LogText.harmless(String(String.UnicodeScalarView(scalars.prefix(limit)))) + "…"
    }
}

extension ACMEProblem: CustomStringConvertible {
    /// `rejectedIdentifier: some names are not accepted (a.example: caa: forbidden by CAA)`
    package var description: String {
        guard !subproblems.isEmpty else { return Self.text(type, detail) }
        let parts = subproblems.map { part in
            [part.name, Self.text(part.type, part.detail)].compactMap(\.self).joined(
                separator: ": "
            )
        }
        return "\(Self.text(type, detail)) (\(parts.joined(separator: "; ")))"
    }

    private static func text(_ type: String, _ detail: String) -> String {
        detail.isEmpty ? type : "\(type): \(detail)"
    }
}
