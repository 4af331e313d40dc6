package import Policy

/// An endpoint whose state a new configuration changes.
package struct EndpointChange: Hashable, Sendable {
    package var warehouse: String
    package var endpoint: EndpointName
    /// `nil` for an endpoint that was not there.
    package var before: Endpoint.State?
    /// `nil` for one that is gone.
    package var after: Endpoint.State?

    /// The differences between two configurations, in the order of the new one; removed endpoints
    /// last.
    package static func all(
        from before: [EndpointStatus],
        to after: [EndpointStatus]
    ) -> [EndpointChange] {
        var left = Dictionary(before.map { (Key($0), $0.state) }) { first, _ in first }
        var changes: [EndpointChange] = []
        for endpoint in after {
            let old = left.removeValue(forKey: Key(endpoint))
            guard old != endpoint.state else { continue }
            changes.append(EndpointChange(Key(endpoint), from: old, to: endpoint.state))
        }
        let gone = before.compactMap { endpoint in
            left[Key(endpoint)].map { EndpointChange(Key(endpoint), from: $0, to: nil) }
        }
        return changes + gone
    }

    /// Whether an endpoint can get from the one state to the other (``EndpointAction``). If not,
    /// the file describes a transition that no cloud makes.
    package var isLegal: Bool {
        guard let before, let after else { return true }
        return before.laterStates.contains(after)
    }

    private struct Key: Hashable {
        let warehouse: String
        let endpoint: EndpointName

        init(_ status: EndpointStatus) {
            warehouse = status.warehouse
            endpoint = status.endpoint
        }
    }

    private init(_ key: Key, from before: Endpoint.State?, to after: Endpoint.State?) {
        warehouse = key.warehouse
        endpoint = key.endpoint
        self.before = before
        self.after = after
    }
}

extension EndpointChange: CustomStringConvertible {
    /// `endpoint aws:vpce-… of AWVA7CM7: available, was pending`
    package var description: String {
        let subject = "endpoint \(endpoint) of \(warehouse)"
        guard let after else { return "\(subject): removed" }
        guard let before else { return "\(subject): \(after.rawValue) (new)" }
        let step = "\(subject): \(after.rawValue) (was \(before.rawValue))"
        guard !isLegal else { return step }
        let legal = before.laterStates.map(\.rawValue).sorted().joined(separator: ", ")
        return step + "; no cloud allows this transition"
            + (legal.isEmpty ? " (\(before.rawValue) is final)" : " (possible: \(legal))")
    }
}
