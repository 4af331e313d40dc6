import Engine
import Logging
import Operations
import Policy
import Settings

/// A gateway whose logs change with its configuration, and that logs what has changed.
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
