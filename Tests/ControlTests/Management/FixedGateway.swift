import Addresses
import Core
import Synchronization

@testable import Control

/// Answers what it was given, and remembers what was asked.
final class FixedGateway: ManagedGateway {
    let state: GatewayStatus
    let running: [Session]
    let denied: [DenialRecord]
    private let closed = Mutex<[SessionFilter]>([])

    init(
        state: GatewayStatus = GatewayStatus(),
        sessions: [Session] = [],
        denials: [DenialRecord] = []
    ) {
        self.state = state
        running = sessions
        denied = denials
    }

    /// The filters by which sessions were closed.
    var closings: [SessionFilter] { closed.withLock { $0 } }

    func status() -> GatewayStatus { state }

    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        let matching = running.filter(filter.matches)
        return SessionList(sessions: Array(matching.prefix(limit)), total: matching.count)
    }

    func closeSessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        closed.withLock { $0.append(filter) }
        return await sessions(matching: filter, limit: limit)
    }

    func denials() async -> [DenialRecord] { denied }

    func endpoints() -> EndpointList { EndpointList(endpoints: [], unknown: []) }

    func explain(warehouse: String, source: IPAddress, endpoint: String?)
        -> [AccessExplanation]?
    {
        warehouse == "W" ? [] : nil
    }
}
