import DomainNames
import Policy
import Text
import Traffic

/// What a client claims and a route may match; the raw value is the route's key.
enum RouteClaim: String, CaseIterable {
    case serverName, host, userSuffix, attribute, database

    /// Reads the claim at `place`; `nil` if it is invalid, or if no client of the listener can make
    /// it.
    func read(_ place: Place, at door: RoutedDoor) -> RouteMatch? {
        guard isPossible(place, at: door) else { return nil }
        switch self {
        case .serverName:
            return place.routedName().map { .serverName("\($0)") }
        case .host:
            return place.routedName().map { .host("\($0)") }
        case .userSuffix:
            let suffix: ClaimText? = place.scalar()
            return suffix.map { .userSuffix($0.text.lowercased()) }
        case .attribute:
            let value: ClaimText? = place.scalar()
            return value.map { .attribute($0.text) }
        case .database:
            let name: ClaimText? = place.scalar()
            return name.map { .database($0.text) }
        }
    }

    private func isPossible(_ place: Place, at door: RoutedDoor) -> Bool {
        guard let service = door.protocol else { return true }
        switch self {
        case .host where service != .http:
            place.error("only HTTP requests have a host", remedy: "use serverName")
            return false
        case .userSuffix where service != .mysql, .attribute where service != .mysql,
            .database where service != .mysql:
            place.error("only MySQL logins have a \(rawValue)", remedy: "use serverName or host")
            return false
        case .attribute where door.attribute == nil:
            place.error(
                "the listener does not say which connection attribute it looks at",
                remedy: "add greeting: { attribute: NAME } to the listener"
            )
            return false
        case .serverName, .host, .userSuffix, .attribute, .database:
            return true
        }
    }
}

extension RouteClaim {
    /// What other programs call the claims; without it, an unknown key could be any of them.
    static func guess(for key: String) -> KeyGuess? {
        guard let claim = Suggestion.synonym(of: key, among: allCases.map(\.rawValue)) else {
            return nil
        }
        return KeyGuess(keys: [claim], remedy: "did you mean \(claim)?")
    }
}

extension Place {
    /// The name of one host.
    fileprivate func routedName() -> DomainName? {
        if case .scalar(let text) = node.content, text.hasPrefix("*") {
            error(
                "routes have no wildcards, found \(text.quoted)",
                remedy: "write a route for each name, or default: true for clients without one"
            )
            return nil
        }
        return scalar()
    }
}

/// A text that a client may send.
private struct ClaimText: ConfigurationScalar {
    static let expectation = "1 to 64 printable characters without @"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "@") }
        guard isPlain, (1...64).contains(text.utf8.count) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }
}
