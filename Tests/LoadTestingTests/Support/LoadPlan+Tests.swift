import Addresses
import LoadTesting
import Sockets

extension LoadPlan {
    /// Short, and with a limit of operations where counts must be exact.
    static func brief(
        connections: Int = 4,
        threads: Int = 1,
        seconds: Double = 20,
        operations: Int? = nil
    ) -> LoadPlan {
        var plan = LoadPlan()
        plan.connections = connections
        plan.threads = threads
        plan.duration = .seconds(seconds)
        plan.operationLimit = operations
        return plan
    }
}

extension Workload {
    static func http(path: String = "/", keepsConnection: Bool = true) -> Workload {
        .http(HTTPRequest(path: path, host: "localhost", keepsConnection: keepsConnection))
    }
}

extension SocketAddress {
    /// A port of 127.0.0.1 on which nobody listened a moment ago.
    static func unusedPort() throws -> SocketAddress {
        let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        let any = SocketAddress(try IPAddress(parsing: "127.0.0.1"), port: 0)
        return try ListeningSocket(on: any, keepalive: keepalive).address
    }
}
