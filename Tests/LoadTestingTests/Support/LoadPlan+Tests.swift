import Addresses
import FreePorts
import LoadTesting

extension LoadPlan {
    /// Short, and with a limit of operations where counts must be exact: no time of its own is over
    /// on a machine that stands still for a while.
    static func brief(
        connections: Int = 4,
        threads: Int = 1,
        seconds: Double = 120,
        operations: Int? = nil
    ) -> LoadPlan {
        var plan = LoadPlan()
        plan.connections = connections
        plan.threads = threads
        plan.duration = .seconds(seconds)
        plan.timeout = .seconds(60)
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
    /// A port of 127.0.0.1 on which nobody listens.
    static func unusedPort() throws -> SocketAddress {
        SocketAddress(try IPAddress(parsing: "127.0.0.1"), port: try Ports.free())
    }
}
