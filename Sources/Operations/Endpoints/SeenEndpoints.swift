package import Addresses
import CIDRTrie
package import Policy
import Settings
package import Time

/// An endpoint that no warehouse knows, as its connections show it: what an operator needs in
/// order to approve it.
package struct SeenEndpoint: Hashable, Sendable, Codable {
    /// `nil` if no route of the listener matched it.
    package var warehouse: String?
    package var endpoint: EndpointName
    package var firstSeen: UnixTime
    package var lastSeen: UnixTime
    /// How many connections were denied.
    package var count: Int
    /// The last few clients that came through it, the latest last.
    package var clients: [IPAddress]
}

/// The latest unknown endpoints: invented ids cannot fill memory.
package struct SeenEndpoints: Sendable {
    private struct Key: Hashable {
        var warehouse: String?
        var endpoint: EndpointName
    }

    private static let clientLimit = 8

    private let capacity: Int
    private var entries: [Key: SeenEndpoint] = [:]

    /// - Parameter capacity: endpoints that are remembered at the same time.
    package init(capacity: Int = 1_024) {
        self.capacity = max(1, capacity)
    }

    /// The latest first.
    package var all: [SeenEndpoint] {
        entries.values.sorted {
            ($1.lastSeen, $1.endpoint.description) < ($0.lastSeen, $0.endpoint.description)
        }
    }

    /// Records a connection through an endpoint that `warehouse` does not know.
    package mutating func record(
        _ endpoint: EndpointName,
        of warehouse: String?,
        client: IPAddress,
        at now: UnixTime
    ) {
        let key = Key(warehouse: warehouse, endpoint: endpoint)
        if entries[key] == nil, entries.count >= capacity { forgetOldest() }
        var entry =
            entries[key]
            ?? SeenEndpoint(
                warehouse: warehouse,
                endpoint: endpoint,
                firstSeen: now,
                lastSeen: now,
                count: 0,
                clients: []
            )
        entry.lastSeen = now
        entry.count += 1
        entry.clients.removeAll { $0 == client }
        entry.clients.append(client)
        if entry.clients.count > Self.clientLimit { entry.clients.removeFirst() }
        entries[key] = entry
    }

    /// Forgets endpoints that have been registered since, or whose warehouse is gone.
    package mutating func forget(where isKnown: (SeenEndpoint) -> Bool) {
        entries = entries.filter { !isKnown($0.value) }
    }

    private mutating func forgetOldest() {
        guard let oldest = entries.min(by: { $0.value.lastSeen < $1.value.lastSeen }) else {
            return
        }
        entries[oldest.key] = nil
    }
}

extension GatewayConfiguration {
    /// Whether an endpoint need not be remembered as seen: its warehouse knows it, or is gone.
    package func knows(_ seen: SeenEndpoint) -> Bool {
        guard let id = seen.warehouse else {
            // No route of the listener matched it.
            return topology.listeners.allSatisfy { listener in
                listener.link != .private
                    || listener.destination(of: ClientClaims(), through: seen.endpoint, in: nil)
                        .warehouse != nil
            }
        }
        guard let policy = policy.warehouses[id] else { return true }
        return policy.endpoints.contains { $0.name == seen.endpoint }
    }
}
