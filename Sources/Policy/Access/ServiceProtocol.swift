/// A protocol that the clients of a listener speak, and by which a warehouse's services are told
/// apart.
///
/// What the gateway knows about each is in `Traffic`.
public enum ServiceProtocol: String, Hashable, Sendable, CaseIterable, Codable {
    case mysql, http, tcp
}

/// In the order of the cases.
extension ServiceProtocol: Comparable {
    private var rank: Int {
        switch self {
        case .mysql: 0
        case .http: 1
        case .tcp: 2
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
