import ProxyProtocol
import Sockets
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
    let backend: Backend
    let socket: Socket
    private var probe: any HealthProbe
    private var isConnected = false

    /// - Returns: `nil` if the backend is not to be checked.
    init?(with backend: Backend) throws(SystemError) {
        guard let probe = backend.probe else { return nil }
        self.backend = backend
        self.probe = probe
        socket = try backend.openSocket(attempt: 0)
    }

    /// Starts to connect.
    ///
    /// - Returns: the verdict; `nil` if it depends on further events.
    mutating func begin() -> HealthVerdict? {
        switch socket.connect(to: backend.address) {
        case .connected, .inProgress: nil
        case .failed(let error): backend.verdict(on: error)
        }
    }

    /// - Parameter scratch: to read into.
    mutating func handle(_ event: ReadinessEvent, with scratch: ScratchBuffer) -> HealthVerdict? {
        if !isConnected {
            guard event.isWritable else { return nil }
            if let error = socket.takeError() { return backend.verdict(on: error) }
            isConnected = true
            send(backend.probeHeader)
            if let verdict = take(probe.opening) { return verdict }
        }
        return read(with: scratch)
    }

    /// What it means that the check's time is over.
    var verdictAtDeadline: HealthVerdict {
        .unhealthy(reason: isConnected ? "no response in time" : "connect timed out")
    }

    /// Reads everything available: the next event occurs only when more arrives (epoll(7),
    /// edge-triggered).
    private mutating func read(with scratch: ScratchBuffer) -> HealthVerdict? {
        while true {
            let step: HealthProbeStep
            switch socket.read(into: scratch) {
            case .bytes(let count):
                step = scratch.withBytes(in: 0..<count) { probe.receive($0) }
            case .wouldBlock: return nil
            case .endOfStream: return take(probe.receiveEndOfStream()) ?? .healthy
            case .failed(let error):
                // A reset ends the stream too: what it means depends on what came before.
                return take(probe.receiveEndOfStream())
                    ?? .unhealthy(reason: error.description)
            }
            if let verdict = take(step) { return verdict }
        }
    }

    private func take(_ step: HealthProbeStep) -> HealthVerdict? {
        switch step {
        case .wait:
            return nil
        case .send(let bytes):
            send(bytes)
            return nil
        case .healthy(let farewell):
            send(farewell)
            return .healthy
        case .unhealthy(let reason):
            return .unhealthy(reason: reason)
        }
    }

    /// A new socket's buffer accepts a check's few bytes immediately; if not, no answer will come.
    private func send(_ bytes: [UInt8]) {
        if !bytes.isEmpty { _ = socket.write(bytes) }
    }
}
