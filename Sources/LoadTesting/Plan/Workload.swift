/// What is asked of the target.
package enum Workload: Hashable, Sendable {
    case http(HTTPRequest)
    case mysql(MySQLExchange)
    case stream(StreamExchange)
    case connect(ConnectExchange)
    /// Connections are held, and nothing is asked; the plan's pace does not matter.
    case idle
}
