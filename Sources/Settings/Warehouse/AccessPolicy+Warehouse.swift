package import Policy

extension AccessPolicy {
    /// What decides on the clients of `listener` that are led to a warehouse.
    package init(for listener: Listener, under policy: WarehousePolicy) {
        if listener.link == .private {
            self.init(endpointsOf: policy)
        } else if listener.link == .outbound, let sources = listener.sources {
            self.init(sources: sources)
        } else {
            self.init(whitelistOf: policy)
        }
    }
}
