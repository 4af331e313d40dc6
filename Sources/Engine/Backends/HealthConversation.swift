import MySQLProtocol
import ProxyProtocol
import Sockets
import TLS
import Traffic

/// What a health check has found out.
enum HealthVerdict: Equatable {
    case healthy
    case unhealthy(reason: String)
    /// The gateway itself lacks what a check needs: nothing is known of the backend.
    case unknown(reason: String)
}

/// One health check: connects, exchanges what ``HealthProbe`` specifies, and determines whether the
/// backend serves. Never blocks: its owner reports when the socket is ready.
struct HealthConversation {
    private enum Stage { case connecting, securing, speaking }

    let backend: Backend
    private(set) var probe: any HealthProbe
    private var side: Side
    /// Whether the backend must prove its name before it is sent anything.
    private let isConfidential: Bool
    private var stage = Stage.connecting
    private var tls: TLSConnection?
    /// How many bytes the backend may still send.
    private var bytesLeft: Int

    /// - Returns: `nil` if the backend is not to be checked.
    init?(with backend: Backend) throws(SystemError) {
        guard let probe = backend.probe else { return nil }
        try self.init(with: backend, probe)
    }

    /// - Parameter isConfidential: whether the backend must prove its name before it is sent anything;
    ///   a health check tells nothing that a false one must not know.
    init(
        with backend: Backend,
        _ probe: any HealthProbe,
        isConfidential: Bool = false
    ) throws(SystemError) {
        self.backend = backend
        self.probe = probe
        self.isConfidential = isConfidential
        bytesLeft = probe.answerLimit
        side = Side(try backend.openSocket(attempt: 0))
    }

    var socket: Socket { side.socket }

    /// Starts to connect.
    ///
    /// - Returns: the verdict; `nil` if it depends on further events.
    mutating func begin() -> HealthVerdict? {
        switch socket.connect(to: backend.address) {
        case .connected, .inProgress: nil
        case .failed(let error): backend.verdict(on: error)
        }
    }

    /// - Parameter tools: to read and write with.
    mutating func handle(_ event: ReadinessEvent, with tools: RelayTools) -> HealthVerdict? {
        side.record(event)
        if stage == .connecting {
            guard event.isWritable else { return nil }
            if let error = socket.takeError() { return backend.verdict(on: error) }
            send(backend.probeHeader)
            stage = .speaking
            let step = backend.startsWithTLS ? HealthProbeStep.startTLS([]) : probe.opening
            if let verdict = take(step, with: tools) { return verdict }
        }
        if stage == .securing, let verdict = secure(with: tools) { return verdict }
        return stage == .speaking ? read(with: tools) : nil
    }

    private mutating func startTLS(with tools: RelayTools) -> HealthVerdict? {
        let client = backend.checkTLS
        let connection = isConfidential ? client?.connect(to: backend) : client?.check(backend)
        guard let connection else {
            return .unknown(reason: "no memory for TLS")
        }
        tls = connection
        side.change(
            to: TLSLayer(connection, on: socket, buffers: tools.tls, endsBySocket: true)
        )
        stage = .securing
        return nil
    }

    private mutating func secure(with tools: RelayTools) -> HealthVerdict? {
        switch side.handshake() {
        case .inProgress: return nil
        case .established:
            stage = .speaking
            let step = backend.startsWithTLS ? probe.opening : probe.secured()
            return take(step, with: tools)
        case .failed(let reason): return .unhealthy(reason: "TLS: \(reason)")
        }
    }

    /// What a MySQL server has greeted with.
    var greeting: MySQLGreeting? { (probe as? MySQLHealthCheck)?.greeting }

    /// What it means that the check's time is over.
    var verdictAtDeadline: HealthVerdict {
        switch stage {
        case .connecting: .unhealthy(reason: "connect timed out")
        case .securing: .unhealthy(reason: "TLS handshake timed out")
        case .speaking: .unhealthy(reason: "no response in time")
        }
    }

    /// Reads everything available: the next event occurs only when more arrives (epoll(7),
    /// edge-triggered).
    private mutating func read(with tools: RelayTools) -> HealthVerdict? {
        while stage == .speaking {
            let step: HealthProbeStep
            switch side.read(into: tools.scratch) {
            case .bytes(let count, _):
                bytesLeft -= count
                guard bytesLeft >= 0 else {
                    return .unhealthy(reason: "sent more than \(probe.answerLimit) bytes")
                }
                step = tools.scratch.withBytes(in: 0..<count) { probe.receive($0) }
            case .wouldBlock: return nil
            case .endOfStream: return take(probe.receiveEndOfStream(), with: tools) ?? .healthy
            case .failed(let failure):
                // A reset ends the stream too: what it means depends on what came before.
                return take(probe.receiveEndOfStream(), with: tools)
                    ?? .unhealthy(reason: failure == .reset ? "connection reset" : "unreachable")
            }
            if let verdict = take(step, with: tools) { return verdict }
        }
        return secure(with: tools)
    }

    private mutating func take(_ step: HealthProbeStep, with tools: RelayTools) -> HealthVerdict? {
        switch step {
        case .wait:
            return nil
        case .send(let bytes):
            send(bytes)
            return nil
        case .startTLS(let bytes):
            send(bytes)
            return startTLS(with: tools)
        case .healthy(let farewell):
            send(farewell)
            return tls?.verificationFailure.map { .unhealthy(reason: "TLS: \($0)") } ?? .healthy
        case .unhealthy(let reason):
            return .unhealthy(reason: reason)
        }
    }

    /// A new socket's buffer accepts a check's few bytes immediately; if not, no answer will come.
    private mutating func send(_ bytes: [UInt8]) {
        if !bytes.isEmpty { _ = side.write(bytes) }
    }
}
