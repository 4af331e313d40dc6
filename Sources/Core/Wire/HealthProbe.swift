/// What the caller of a health probe must do next.
public enum HealthProbeStep: Equatable, Sendable {
    /// Read on, until the check's timeout.
    case wait
    /// Write these bytes, then read on.
    case send([UInt8])
    /// The backend serves. Write the farewell, if there is one, and close.
    case healthy(farewell: [UInt8])
    /// The backend does not serve, for a reason in words for the operator. Close.
    case unhealthy(reason: String)
}

/// One conversation with a backend that finds out whether it serves: bytes in, decisions out.
///
/// ```swift
/// var probe = HealthProbe(.mysql(user: "monitor"), host: "warehouse.internal:9030")
/// write(probe.opening)
/// var step = probe.receive(received)
/// ```
public enum HealthProbe: Equatable, Sendable {
    /// The connect itself was the check.
    case connect
    case mysql(MySQLHealthCheck)
    case http(HTTPHealthCheck)

    /// The probe that `kind` asks for; `nil` for a check that is off.
    ///
    /// - Parameters:
    ///   - host: what an HTTP backend sees as `Host`.
    ///   - sendsProxyHeader: whether a PROXY header goes out first: then a refusal may mean that.
    public init?(_ kind: HealthCheck.Kind, host: String, sendsProxyHeader: Bool = false) {
        switch kind {
        case .off: return nil
        case .tcp: self = .connect
        case .mysql(let user):
            self = .mysql(MySQLHealthCheck(user: user, sendsProxyHeader: sendsProxyHeader))
        case .http(let path):
            self = .http(
                HTTPHealthCheck(path: path, host: host, sendsProxyHeader: sendsProxyHeader)
            )
        }
    }

    /// The first step, to be taken as soon as the backend is connected.
    public var opening: HealthProbeStep {
        switch self {
        case .connect: .healthy(farewell: [])
        case .mysql: .wait
        case .http(let check): .send(check.request)
        }
    }

    /// Takes what the backend sent.
    public mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        switch self {
        case .connect:
            return .healthy(farewell: [])
        case .mysql(var check):
            defer { self = .mysql(check) }
            return check.receive(bytes)
        case .http(var check):
            defer { self = .http(check) }
            return check.receive(bytes)
        }
    }

    /// Takes the end of what the backend sends, be it a reset.
    public func receiveEndOfStream() -> HealthProbeStep {
        switch self {
        case .connect: .healthy(farewell: [])
        case .mysql(let check): check.receiveEndOfStream()
        case .http(let check): check.receiveEndOfStream()
        }
    }
}

/// How a backend that refuses our PROXY header is told from one that fails.
public enum ProxyHeaderRefusal {
    static let advice =
        "set sendProxyProtocol: off, or let the backend accept the header (MariaDB: add the gateway"
        + " to proxy_protocol_networks)"

    /// - Parameter words: what the backend did, which need not mean that.
    public static func possible(_ words: String) -> String {
        "\(words); if it accepts no PROXY header: \(advice)"
    }

    /// - Parameter words: how the backend said so.
    static func certain(_ words: String) -> String {
        "refuses our PROXY header (\(words)): \(advice)"
    }
}
