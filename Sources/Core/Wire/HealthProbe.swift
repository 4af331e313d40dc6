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
/// var probe = HealthProbe(.mysql, host: "warehouse.internal:9030")
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
    /// - Parameter host: what an HTTP backend sees as `Host`.
    public init?(_ kind: HealthCheck.Kind, host: String) {
        switch kind {
        case .off: return nil
        case .tcp: self = .connect
        case .mysql: self = .mysql(MySQLHealthCheck())
        case .http(let path): self = .http(HTTPHealthCheck(path: path, host: host))
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

    /// Takes the end of what the backend sends.
    public func receiveEndOfStream() -> HealthProbeStep {
        switch self {
        case .connect: .healthy(farewell: [])
        case .mysql(let check): check.receiveEndOfStream()
        case .http(let check): check.receiveEndOfStream()
        }
    }
}
