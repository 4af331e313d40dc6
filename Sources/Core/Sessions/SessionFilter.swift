public import Addresses

/// Which of the running sessions are meant. What is not given matches every session.
public struct SessionFilter: Hashable, Sendable, Codable {
    public var connection: UInt64?
    public var warehouse: String?
    /// The listener's address, as in the access log.
    public var listener: String?
    public var link: LinkKind?
    /// The clients' addresses.
    public var source: CIDRBlock?
    /// The private link's endpoint.
    public var endpoint: EndpointReference?
    public var backend: SocketAddress?
    /// At least so long without a byte.
    public var idleMilliseconds: Int64?

    public init() {}

    /// Whether every session is meant.
    public var isEmpty: Bool { self == SessionFilter() }

    public func matches(_ session: Session) -> Bool {
        matchesPlace(of: session) && matchesClient(of: session)
            && idleMilliseconds.map { session.idleMilliseconds >= $0 } ?? true
    }

    private func matchesPlace(of session: Session) -> Bool {
        warehouse.matches(session.warehouse) && listener.matches(session.listener)
            && link.matches(session.link)
            && (backend == nil || backend == session.backend)
    }

    private func matchesClient(of session: Session) -> Bool {
        connection.matches(session.connection)
            && (source.map { $0.contains(session.client.ip.unmapped) } ?? true)
            && (endpoint.map { session.endpoint.map($0.matches) ?? false } ?? true)
    }
}

extension Optional where Wrapped: Equatable {
    fileprivate func matches(_ value: Wrapped) -> Bool { self.map { $0 == value } ?? true }
}
