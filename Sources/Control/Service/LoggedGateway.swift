import Engine
import Logging
import Operations
import Policy
import Settings
import Synchronization

/// A gateway whose logs follow its configuration, and that logs what has changed.
struct LoggedGateway: PolicyEnforcing {
    private let gateway: Gateway
    private let logs: GatewayLogs
    private let drainLimit: DrainLimit

    init(_ gateway: Gateway, _ logs: GatewayLogs, _ drainLimit: DrainLimit) {
        self.gateway = gateway
        self.logs = logs
        self.drainLimit = drainLimit
    }

    private var logger: Logger { logs.logger }

    func reload(to new: GatewayConfiguration) throws(PolicyRejection) -> Adoption {
        let before = (endpoints: gateway.endpoints().endpoints, status: gateway.status())
        let change: GatewayLogs.Change
        do throws(LogDestination.OpenError) {
            change = try logs.prepare(new.topology.log)
        } catch {
            throw .cannotLog(error.description)
        }
        let adoption: Adoption
        do throws(GatewayError) {
            adoption = try gateway.reload(to: new)
        } catch {
            throw .gateway(error)
        }
        logs.apply(change)
        drainLimit.current = new.topology.timeouts.drain
        let after = gateway.status()
        logChanges(from: before.endpoints)
        for change in ListenerChange.all(from: before.status.listeners, to: after.listeners) {
            logger.notice("\(change)", metadata: ["warehouse": "\(change.warehouse)"])
        }
        logger.notice("configuration reloaded (generation \(after.generation))")
        if !after.awaitingRestart.isEmpty {
            let keys = after.awaitingRestart.joined(separator: ", ")
            logger.warning("changed, but requires a restart: \(keys)")
        }
        return adoption
    }

    func enforce(_ policy: Policy) throws(PolicyRejection) -> Adoption {
        let before = gateway.endpoints().endpoints
        do throws(GatewayError) {
            let adoption = try gateway.enforce(policy)
            logChanges(from: before)
            return adoption
        } catch {
            throw .gateway(error)
        }
    }

    private func logChanges(from before: [EndpointStatus]) {
        let after = gateway.endpoints().endpoints
        for change in EndpointChange.all(from: before, to: after) {
            logger.log(level: change.isLegal ? .notice : .warning, "\(change)")
        }
    }
}

/// How long a drain may take, according to the newest configuration.
final class DrainLimit: Sendable {
    private let duration: Mutex<Duration>

    init(_ duration: Duration) {
        self.duration = Mutex(duration)
    }

    var current: Duration {
        get { duration.withLock { $0 } }
        set { duration.withLock { $0 = newValue } }
    }
}

/// A listener that a new configuration adds, removes, or routes to another warehouse.
struct ListenerChange: Equatable {
    enum Kind { case added, removed, routed, noLongerRouted }

    let kind: Kind
    let address: String
    /// The warehouse it routes to, or used to.
    let warehouse: String

    /// The differences, in the order of the new configuration; removed listeners last.
    static func all(from before: [ListenerStatus], to after: [ListenerStatus]) -> [ListenerChange] {
        gains(of: after, over: before, new: .added, routed: .routed)
            + gains(of: before, over: after, new: .removed, routed: .noLongerRouted)
    }

    /// What `listeners` have and `others` do not: an address, or a route to a warehouse.
    private static func gains(
        of listeners: [ListenerStatus],
        over others: [ListenerStatus],
        new: Kind,
        routed: Kind
    ) -> [ListenerChange] {
        let addresses = Set(others.map(\.address))
        let ways = Set(others.map(Way.init))
        return listeners.compactMap { listener in
            let way = Way(listener)
            guard !ways.contains(way), let warehouse = listener.warehouse else { return nil }
            let kind = addresses.contains(way.address) ? routed : new
            return ListenerChange(kind: kind, address: way.address, warehouse: warehouse)
        }
    }

    private struct Way: Hashable {
        let address: String
        let warehouse: String?

        init(_ status: ListenerStatus) {
            address = status.address
            warehouse = status.warehouse
        }
    }
}

extension ListenerChange: CustomStringConvertible {
    var description: String {
        switch kind {
        case .added: "listening on \(address)"
        case .removed: "no longer listening on \(address)"
        case .routed: "listener \(address) now routes to warehouse \(warehouse)"
        case .noLongerRouted: "listener \(address) no longer routes to warehouse \(warehouse)"
        }
    }
}
