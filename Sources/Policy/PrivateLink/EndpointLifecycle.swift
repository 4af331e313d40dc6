/// What can happen to an endpoint, and its state afterwards: one state machine for all clouds.
///
///     pendingAcceptance ─accept─► pending ─establish─► available
///            │  ▲                    │                    │
///            │  │ (accept)           ├──────reject────────┤
///            │  └──── rejected ◄─────┴────────────────────┘
///            └─expire─► expired      any of these ─fail─► failed
///
/// Every state but the last two can be deleted: deleting, and from there deleted. After AWS's
/// states of a VPC endpoint and Azure's of a private endpoint connection, in which an approved
/// connection can be rejected later, and a rejected one be approved after all.
public enum EndpointAction: String, Hashable, Sendable, CaseIterable {
    /// The provider accepts the endpoint.
    case accept
    /// The provider rejects it, possibly only for now.
    case reject
    /// The cloud has made the connection.
    case establish
    /// The request was not answered in time.
    case expire
    /// The cloud could not make the connection, or lost it.
    case fail
    /// The consumer or the provider deletes it.
    case delete
    /// The cloud has removed the connection.
    case complete
}

extension Endpoint.State {
    /// The state after `action`.
    ///
    /// - Throws: ``IllegalTransition`` if the action is not possible in this state.
    public func after(_ action: EndpointAction) throws(IllegalTransition) -> Endpoint.State {
        guard let next = next(action) else { throw IllegalTransition(state: self, action: action) }
        return next
    }

    /// The actions that are possible in this state.
    public var legalActions: [EndpointAction] {
        EndpointAction.allCases.filter { next($0) != nil }
    }

    /// Every state that can follow this one in any number of steps; not the state itself, unless it
    /// can recur.
    public var laterStates: Set<Endpoint.State> {
        var found: Set<Endpoint.State> = []
        var unvisited = [self]
        while let state = unvisited.popLast() {
            for next in state.legalActions.compactMap(state.next)
            where found.insert(next).inserted {
                unvisited.append(next)
            }
        }
        return found
    }

    private func next(_ action: EndpointAction) -> Endpoint.State? {
        switch (self, action) {
        case (.pendingAcceptance, .accept), (.rejected, .accept): .pending
        case (.pending, .establish): .available
        case (.pendingAcceptance, .reject), (.pending, .reject), (.available, .reject): .rejected
        case (.pendingAcceptance, .expire): .expired
        case (.pendingAcceptance, .fail), (.pending, .fail), (.available, .fail): .failed
        case (.deleting, .complete): .deleted
        case (.deleting, .delete), (.deleted, .delete): nil
        case (_, .delete): .deleting
        default: nil
        }
    }
}

/// An action that is not possible in an endpoint's state.
public struct IllegalTransition: Error, Hashable, Sendable {
    public var state: Endpoint.State
    public var action: EndpointAction
}

extension IllegalTransition: CustomStringConvertible {
    /// Lists the actions that are possible instead.
    public var description: String {
        let legal = state.legalActions.map(\.rawValue)
        let instead = legal.isEmpty ? "nothing" : legal.joined(separator: ", ")
        return "cannot \(action.rawValue) an endpoint that is \(state.rawValue)"
            + " (possible: \(instead))"
    }
}
