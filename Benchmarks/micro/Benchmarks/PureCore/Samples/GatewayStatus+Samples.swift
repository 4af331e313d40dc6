import Operations

extension GatewayStatus {
    /// A gateway on two shards whose listeners have two backends each.
    static func serving(listenerCount: Int) -> GatewayStatus {
        var status = GatewayStatus()
        status.version = "1.0.0"
        status.startedAt = Sample.now
        status.generation = 4
        status.activeConnections = 64 * listenerCount
        status.shards = [ShardStatus(), ShardStatus()]
        status.listeners = (0..<listenerCount).map(ListenerStatus.sample)
        return status
    }
}

extension ListenerStatus {
    fileprivate static func sample(_ index: Int) -> ListenerStatus {
        var listener = ListenerStatus()
        listener.warehouse = "WH\(index)"
        listener.address = "0.0.0.0:\(9_000 + index)"
        listener.protocol = .mysql
        listener.activeConnections = 64
        listener.accepted = 1_234_567
        listener.admitted = 1_200_000
        listener.denied = ["notInWhitelist": 34_000, "deniedByRule": 567]
        listener.ends = ["finished": 1_199_000, "clientReset": 936, "denied": 34_567]
        listener.bytesIn = 1 << 33
        listener.bytesOut = 1 << 41
        listener.backends = ["10.0.0.5:9030", "10.0.0.6:9030"].map(BackendStatus.sample)
        return listener
    }
}

extension BackendStatus {
    fileprivate static func sample(_ address: String) -> BackendStatus {
        var backend = BackendStatus()
        backend.name = address
        backend.address = address
        backend.activeConnections = 32
        backend.connections = 600_000
        return backend
    }
}
