import CIDRTrie
package import Operations
import Policy
import Time
import Traffic

extension GatewayStatus {
    /// A gateway with two listeners, one of which has lost a backend.
    package static var example: GatewayStatus {
        var status = GatewayStatus()
        status.version = "1.2.3"
        status.startedAt = UnixTime(seconds: 1_795_428_000)
        status.generation = 4
        status.policy = PolicyStatus(
            source: "the configuration file sluice.yaml",
            revision: PolicyRevision(12),
            since: UnixTime(seconds: 1_795_428_030)
        )
        status.activeConnections = 7
        status.droppedAccessLogLines = 3
        status.acceptPauses = 2
        status.bufferedByteCount = 4_096
        status.unloggedDenials = 9
        status.shards = [.example(connections: 5), .example(connections: 2)]
        status.listeners = [.mysql, .http]
        return status
    }
}

extension ShardStatus {
    package static func example(connections: Int) -> ShardStatus {
        var shard = ShardStatus()
        shard.activeConnections = connections
        shard.wakeups = 1_000
        return shard
    }
}

extension ListenerStatus {
    package static var mysql: ListenerStatus {
        var listener = ListenerStatus()
        listener.warehouse = "WH1"
        listener.address = "0.0.0.0:9030"
        listener.protocol = .mysql
        listener.activeConnections = 7
        listener.accepted = 20
        listener.admitted = 15
        listener.denied = ["notInWhitelist": 4, "deniedByRule": 1]
        listener.ends = ["finished": 8, "denied": 5]
        listener.bytesIn = 1_536
        listener.bytesOut = 5 << 30
        listener.backends = [.healthy, .unhealthy]
        for index in listener.backends.indices {
            listener.backends[index].listener = listener.address
        }
        return listener
    }

    package static var http: ListenerStatus {
        var listener = ListenerStatus()
        listener.warehouse = "WH1"
        listener.address = "[::]:8080"
        listener.protocol = .http
        listener.link = .private
        listener.backends = [.unresolved]
        listener.backends[0].listener = listener.address
        return listener
    }
}

extension BackendStatus {
    package static var healthy: BackendStatus {
        var backend = BackendStatus()
        backend.name = "10.0.0.5:9030"
        backend.address = "10.0.0.5:9030"
        backend.activeConnections = 7
        backend.connections = 15
        return backend
    }

    package static var unhealthy: BackendStatus {
        var backend = BackendStatus()
        backend.name = "fe-2:9030"
        backend.address = "10.0.0.6:9030"
        backend.health = .unhealthy
        backend.connectFailures = 3
        backend.lastFailure = "connection refused"
        backend.lastFailureAt = UnixTime(seconds: 1_795_428_060)
        return backend
    }

    package static var unresolved: BackendStatus {
        var backend = BackendStatus()
        backend.name = "be-1:8040"
        backend.health = .unresolved
        return backend
    }
}
