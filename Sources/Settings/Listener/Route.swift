package import Traffic

/// The destination of some of a listener's clients.
package struct Route: Hashable, Sendable {
    /// Which clients take it.
    package var match: RouteMatch
    package var service: Service
    /// The listener's, but for those that the service sets itself.
    package var timeouts: Timeouts

    package init(_ match: RouteMatch, to service: Service, timeouts: Timeouts = Timeouts()) {
        self.match = match
        self.service = service
        self.timeouts = timeouts
    }
}
