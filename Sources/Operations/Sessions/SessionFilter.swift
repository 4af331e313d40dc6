package import Addresses
package import Policy

/// Which running sessions match. A condition that is not set matches every session.
package struct SessionFilter: Hashable, Sendable, Codable {
    package var connection: UInt64?
    package var warehouse: String?
    /// The listener's address, as in the access log.
    package var listener: String?
    package var link: LinkKind?
    /// The clients' addresses.
    package var source: CIDRBlock?
    /// The private link's endpoint.
    package var endpoint: EndpointReference?
    package var backend: SocketAddress?
    /// At least this long without a byte.
    package var idleMilliseconds: Int64?

    package init() {}

    /// Whether every session is meant.
    package var isEmpty: Bool { self == SessionFilter() }

    package func matches(_ session: Session) -> Bool {
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
