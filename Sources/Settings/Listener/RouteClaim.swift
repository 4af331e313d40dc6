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
            let name: DomainName? = place.scalar()
            return name.map { .serverName("\($0)") }
        case .host:
            let name: DomainName? = place.scalar()
            return name.map { .host("\($0)") }
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
