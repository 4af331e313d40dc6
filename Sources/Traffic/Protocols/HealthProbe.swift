package import Text

/// What the caller of a health probe must do next.
package enum HealthProbeStep: Equatable, Sendable {
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
/// guard var probe = HealthCheck.mysql.probe(of: ProbedBackend(host: "warehouse.internal:9030"))
/// else { return }
/// take(probe.opening)
/// take(probe.receive(received))
/// ```
package protocol HealthProbe: Sendable {
    /// The first step, to be taken as soon as the backend is connected.
    var opening: HealthProbeStep { get }
    /// Takes what the backend sent, in pieces of any size.
    mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep
    /// Takes the end of what the backend sends, be it a reset.
    func receiveEndOfStream() -> HealthProbeStep
}

/// What a probe must know of its backend.
package struct ProbedBackend: Hashable, Sendable {
    /// What an HTTP backend sees as `Host`.
    package var host: String
    /// Whether a PROXY header goes out first: then a refusal may mean that.
    package var receivesProxyHeader: Bool

    package init(host: String, receivesProxyHeader: Bool = false) {
        self.host = host
        self.receivesProxyHeader = receivesProxyHeader
    }
}

/// A probe in a protocol, which has one parameter in the configuration: a user, a path.
package protocol HealthQuestion: HealthProbe {
    associatedtype Parameter: ConfigurationText

    /// The parameter's key in a configuration.
    static var parameterKey: String { get }
    static var standardParameter: String { get }

    init(_ parameter: String, of backend: ProbedBackend)
}

extension HealthCheck {
    /// What to ask the backend; `nil` for nothing.
    package func probe(of backend: ProbedBackend) -> (any HealthProbe)? {
        switch kind {
        case .off: nil
        case .tcp: ConnectProbe()
        case .asks(let service, let parameter):
            service.known.healthQuestion?.init(parameter, of: backend)
        }
    }
}

/// How a backend that refuses our PROXY header is told from one that fails.
package enum ProxyHeaderRefusal {
    static let advice =
        "set sendProxyProtocol: off, or let the backend accept the header (MariaDB: add the gateway"
        + " to proxy_protocol_networks)"

    /// - Parameter words: what the backend did, which need not mean that.
    package static func possible(_ words: String) -> String {
        "\(words); if it accepts no PROXY header: \(advice)"
    }

    /// - Parameter words: how the backend said so.
    static func certain(_ words: String) -> String {
        "refuses our PROXY header (\(words)): \(advice)"
    }
}
