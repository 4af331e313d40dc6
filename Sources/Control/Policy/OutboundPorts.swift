import Addresses
import Dispatch
import Engine
import Logging
import Operations
import Policy
import Settings
import Sockets
import Store
import Synchronization
import Time

/// Which listeners of outbound endpoints are open, as decisions: what to open is the policy's, and
/// another program may have the port.
struct OutboundPorts: Sendable {
    /// A listener that could not be opened.
    struct Closed: Hashable, Sendable {
        let listener: Listener
        let reason: String
        let since: UnixTime

        /// For whoever has asked for it.
        var remedy: String {
            "\(reason); the gateway tries again, at least every \(OutboundPorts.longestDelay) s"
        }
    }

    /// What a retry waits for at most, in seconds.
    static let longestDelay = 30

    /// What the policy wants; `nil` if it is uncertain what is open.
    var wanted: [Listener]?
    private(set) var closed: [Closed] = []
    private(set) var isRetryScheduled = false
    private var failureCount = 0

    init(wanted: [Listener]?) {
        self.wanted = wanted
    }

    /// Records what an attempt could not open.
    ///
    /// - Returns: those of it that are new, and those that were closed before and are open or not wanted
    ///   now.
    mutating func record(_ new: [Closed]) -> (closed: [Closed], gone: [Closed]) {
        let before = closed
        closed = new.map { entry in before.first { $0.listener == entry.listener } ?? entry }
        failureCount = closed.isEmpty ? 0 : failureCount + 1
        let listeners = Set(closed.map(\.listener.address))
        return (
            closed.filter { !before.contains($0) },
            before.filter { !listeners.contains($0.listener.address) }
        )
    }

    /// When to try again, in seconds from now; `nil` if there is nothing to try or it is scheduled.
    mutating func scheduleRetry() -> Int? {
        guard !closed.isEmpty, !isRetryScheduled else { return nil }
        isRetryScheduled = true
        return min(Self.longestDelay, 1 << min(max(failureCount - 1, 0), 5))
    }

    /// The time of a retry has come. One that finds the ports still taken ends here.
    ///
    /// - Returns: the addresses to look at.
    mutating func beginRetry() -> [SocketAddress] {
        isRetryScheduled = false
        return closed.map(\.listener.address)
    }

    mutating func recordTakenPorts() { failureCount += 1 }
}

// MARK: - Opening

extension PolicyWriter {
    /// A configuration whose outbound listeners may not all be possible.
    struct Offer: Sendable {
        /// Without those listeners.
        var topology: Topology
        var wanted: [Listener]
        var policy: Policy
        var revision: PolicyRevision?
        var isRestored = false
    }

    /// Has the applier enforce a configuration, without the outbound listeners whose address another
    /// program has: who may connect must not depend on whether a port is free. Those are tried again
    /// later.
    func serve(
        _ offer: Offer,
        without closed: [OutboundPorts.Closed] = [],
        by applier: PolicyApplier,
        _ completion: @escaping PolicyApplier.Completion
    ) {
        var topology = offer.topology
        let open = offer.wanted.filter { wanted in !closed.contains { $0.listener == wanted } }
        topology.listeners += open
        let update = PolicyUpdate(
            .configuration(GatewayConfiguration(topology, offer.policy)),
            revision: offer.revision,
            isRestored: offer.isRestored
        )
        applier.submit(update) { [self] result in
            switch result {
            case .success: record(closed)
            case .failure(.gateway(.cannotListen(let address, let failure))):
                guard let listener = open.first(where: { $0.address == address }) else { break }
                let reason = "cannot listen on \(address): \(failure)"
                let next = OutboundPorts.Closed(
                    listener: listener,
                    reason: reason,
                    since: .systemTime
                )
                return serve(offer, without: closed + [next], by: applier, completion)
            case .failure(.outdated) where !closed.isEmpty:
                // A write that came meanwhile is active, without these listeners.
                return serveStored(by: applier, completion)
            case .failure: break
            }
            completion(result)
        }
    }

    private func record(_ closed: [OutboundPorts.Closed]) {
        let (new, gone) = state.withLock { $0.outbound.record(closed) }
        for entry in new {
            logger.error("cannot serve an outbound endpoint: \(entry.reason); trying again")
        }
        for entry in gone {
            logger.notice("outbound listener \(entry.listener.address) is no longer blocked")
        }
        scheduleRetry()
    }

    private func scheduleRetry() {
        guard let delay = state.withLock({ $0.outbound.scheduleRetry() }) else { return }
        queue.asyncAfter(deadline: .now() + .seconds(delay)) { [weak self] in self?.retry() }
    }

    private func retry() {
        let (addresses, applier) = state.withLock { ($0.outbound.beginRetry(), $0.applier) }
        guard !addresses.isEmpty, let applier, store?.isWritable == true else { return }
        // `try?`: why not is known.
        guard addresses.contains(where: { (try? ListeningSocket.probe($0)) != nil }) else {
            state.withLock { $0.outbound.recordTakenPorts() }
            return scheduleRetry()
        }
        serveStored(by: applier) { _ in }
    }

    /// Opens what the stored policy wants.
    private func serveStored(
        by applier: PolicyApplier,
        _ completion: @escaping PolicyApplier.Completion
    ) {
        queue.async { [self] in
            guard let stored = store?.policy else { return completion(.failure(.stopping)) }
            serve(state.withLock { $0.offer(of: stored) }, by: applier, completion)
        }
    }
}

// MARK: - Status

extension PolicyWriter {
    /// The outbound listeners that could not be opened.
    var closedListeners: [OutboundPorts.Closed] { state.withLock { $0.outbound.closed } }

    /// A gateway's status with what only the control plane knows: listeners that are not open, and why
    /// nothing can be stored.
    func completed(_ status: GatewayStatus) -> GatewayStatus {
        var status = status
        status.policy?.storeFailure = storeFailure?.description
        status.listeners += closedListeners.map { closed in
            var state = ListenerStatus()
            state.warehouse = closed.listener.onlyWarehouse
            state.address = closed.listener.address.description
            state.link = closed.listener.link
            state.failure = closed.reason
            return state
        }
        return status
    }
}
