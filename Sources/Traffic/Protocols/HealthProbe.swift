public import Text

/// What the caller of a health probe must do next.
public enum HealthProbeStep: Equatable, Sendable {
    /// Read on, until the check times out.
    case wait
    /// Write these bytes, then read on.
    case send([UInt8])
    /// Write these bytes, establish TLS, then continue with ``HealthProbe/secured()``.
    case startTLS([UInt8])
    /// The backend is serving. Write the farewell, if there is one, and close.
    case healthy(farewell: [UInt8])
    /// The backend is not serving, for a reason written for the operator. Close.
    case unhealthy(reason: String)
}

/// One conversation that finds out whether a backend is serving: bytes in, decisions out.
///
/// ```swift
/// guard var probe = HealthCheck.mysql.probe(of: ProbedBackend(host: "warehouse.internal:9030"))
/// else { return }
/// perform(probe.opening)
/// perform(probe.receive(received))
/// ```
public protocol HealthProbe: Sendable {
    /// The first step, as soon as the backend is connected.
    var opening: HealthProbeStep { get }
    /// TLS, which was requested, is established.
    mutating func secured() -> HealthProbeStep
    /// Reads what the backend sent, in pieces of any size.
    mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep
    /// The backend's stream has ended, or was reset.
    func receiveEndOfStream() -> HealthProbeStep
    /// The most that the backend may send, in bytes. What never ends would keep those waiting that are
    /// asked beside it.
    var answerLimit: Int { get }
}

extension HealthProbe {
    public mutating func secured() -> HealthProbeStep { .wait }
    public var answerLimit: Int { 1 << 17 }
}

/// What a probe must know about its backend.
public struct ProbedBackend: Hashable, Sendable {
    /// Sent to an HTTP backend as `Host`.
    public var host: String
    /// Whether a PROXY header is sent first: a refusal may then be about that.
    public var receivesProxyHeader: Bool
    /// Whether it is reached over TLS.
    public var usesTLS: Bool

    public init(host: String, receivesProxyHeader: Bool = false, usesTLS: Bool = false) {
        self.host = host
        self.receivesProxyHeader = receivesProxyHeader
        self.usesTLS = usesTLS
    }
}

/// A probe in a protocol with one parameter in the configuration: a user, a path.
public protocol HealthQuestion: HealthProbe {
    associatedtype Parameter: ConfigurationText

    /// The parameter's key in a configuration.
    static var parameterKey: String { get }
    static var standardParameter: String { get }

    init(_ parameter: String, of backend: ProbedBackend)
}

extension HealthCheck {
    /// What to send to the backend; `nil` for no check.
    public func probe(of backend: ProbedBackend) -> (any HealthProbe)? {
        switch kind {
        case .off: nil
        case .tcp: ConnectProbe()
        case .asks(let service, let parameter):
            service.known.healthQuestion?.init(parameter, of: backend)
        }
    }
}

/// How a backend that refuses our PROXY header is distinguished from one that fails.
public enum ProxyHeaderRefusal {
    static let advice =
        "set sendProxyProtocol: off, or configure the backend to accept it (MariaDB: add the gateway"
        + " to proxy_protocol_networks)"

    /// - Parameter words: what the backend did, which may have another cause.
    public static func possible(_ words: String) -> String {
        "\(words); if it does not accept PROXY headers: \(advice)"
    }

    /// - Parameter words: how the backend refused it.
    static func certain(_ words: String) -> String {
        "rejects the PROXY header (\(words)): \(advice)"
    }
}

/// The connect itself is the check.
struct ConnectProbe: HealthProbe {
    var opening: HealthProbeStep { .healthy(farewell: []) }
    mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep { opening }
    func receiveEndOfStream() -> HealthProbeStep { opening }
}
