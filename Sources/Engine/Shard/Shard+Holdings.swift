import Policy
import Settings
import Sockets
import Traffic

/// What connections hold, and release as their lifecycle requires.
extension Lifecycle.Phase {
    /// Whether the client's first bytes are still read.
    var isBeforeVerdict: Bool { self == .identifying || self == .securing }
}

extension Shard {
    /// Connections that are being denied, in each shard.
    static let refusedLimit = 256

    /// Enters a waiting room.
    func takePlaces(_ places: Holdings, for key: Key) {
        if places.contains(.identifyingPlace) {
            identifying.enter(key, isWaiting: isUnidentified)
        }
        if places.contains(.refusedPlace) {
            refused.enter(key, isWaiting: isBeingRefused)
        }
    }

    /// Gives back what a connection no longer holds. Its client's socket stays open.
    func release(_ holdings: Holdings, of key: Key) {
        guard !holdings.isEmpty else { return }
        if holdings.contains(.backend) {
            if connections[key].isBackendConnected {
                connections[key].notes.lastBackend = connections[key].backend?.address
            }
            leaveBackend(of: key)
        }
        if holdings.contains(.admission) { releaseAdmission(of: key) }
        releaseCounts(holdings)
    }

    /// Releases what is only a number.
    func releaseCounts(_ holdings: Holdings) {
        if holdings.contains(.identifyingPlace) { identifying.leave() }
        if holdings.contains(.refusedPlace) { refused.leave() }
        if holdings.contains(.backendDescriptor) { services.descriptors.release(1) }
        if holdings.contains(.connection) {
            services.descriptors.release(1)
            port.releaseConnection()
        }
    }

    /// Counts the connection no longer.
    func releaseAdmission(of key: Key) {
        connections[key].dial = nil
        releaseCounts(of: connections[key])
        connections[key].admission = nil
    }

    var oldestUnidentified: Key? { identifying.oldest(isWaiting: isUnidentified) }

    var oldestRefused: Key? { refused.oldest(isWaiting: isBeingRefused) }

    private func isUnidentified(_ key: Key) -> Bool {
        connections.contains(key) && connections[key].lifecycle.phase.isBeforeVerdict
            && !connections[key].lifecycle.isAdmitted
    }

    private func isBeingRefused(_ key: Key) -> Bool {
        guard connections.contains(key), !connections[key].lifecycle.isAdmitted else {
            return false
        }
        switch connections[key].lifecycle.phase {
        case .refusing, .lingering: return true
        default: return false
        }
    }
}

// MARK: - Limits

extension Shard {
    /// Counts a connection wherever it has a limit.
    ///
    /// - Returns: the first limit that is reached; the connection is then counted nowhere.
    func count(_ key: Key, by route: Route) -> DenialReason? {
        let client = connections[key].client
        var admission = Admission()
        switch services.sources.admit(client.source, limits: snapshot.limits, at: now) {
        case .tooManyConnections: return .sourceConnectionLimit
        case .tooFast: return .sourceRateLimit
        case .admitted: admission.isSourceCounted = true
        case .uncounted: break
        }
        if let limit = countInEndpoint(client, of: route, &admission) ?? count(by: route) {
            release(admission, of: client)
            return limit
        }
        connections[key].admission = admission
        return nil
    }

    private func countInEndpoint(
        _ client: Client,
        of route: Route,
        _ admission: inout Admission
    ) -> DenialReason? {
        guard let name = client.endpoint, let endpoint = route.endpoints[name] else { return nil }
        guard endpoint.budget.take(limit: endpoint.connectionLimit) else {
            return .endpointConnectionLimit
        }
        admission.endpoint = endpoint.budget
        return nil
    }

    /// Counts a connection in its warehouse, its service and the gateway; in none of them if one is
    /// full.
    private func count(by route: Route) -> DenialReason? {
        guard let destination = route.profile.destination else { return .noRoute }
        if let limit = destination.take(limits: route.limits) { return limit }
        guard services.budget.take(limit: snapshot.limits.connections) else {
            destination.release()
            return .connectionLimit
        }
        return nil
    }

    /// Counts a connection no longer, if it is counted.
    func releaseCounts(of connection: borrowing Connection) {
        guard let admission = connection.admission else { return }
        release(admission, of: connection.client)
        connection.profile.destination?.release()
        services.budget.release()
    }

    private func release(_ admission: Admission, of client: Client) {
        if admission.isSourceCounted { services.sources.release(client.source) }
        admission.endpoint?.release()
    }
}
