import Core
import ProxyProtocol
import Sockets

/// One health check: connects, talks as ``HealthProbe`` says, and finds out whether the backend
/// serves. Blocks, for the check's timeout at most.
struct HealthConversation {
    private let backend: Backend
    private let deadline: Int64
    private let scratch = ScratchBuffer(byteCount: 4096)

    init(with backend: Backend) {
        self.backend = backend
        deadline = Moment.now().milliseconds + backend.check.timeout.milliseconds
    }

    /// - Returns: why the backend does not serve; `nil` if it does.
    func run() -> String? {
        guard let probe = HealthProbe(backend.check.kind, host: backend.name) else { return nil }
        do {
            let socket = try Socket.tcp(for: backend.address)
            defer { socket.close() }
            return try talk(probe, on: socket)
        } catch {
            return error.description
        }
    }

    private func talk(_ probe: HealthProbe, on socket: Socket) throws(SystemError) -> String? {
        guard try connect(socket) else { return "connect timed out" }
        var probe = probe
        var step = probe.opening
        send(backend.probeHeader, on: socket)
        while true {
            switch step {
            case .wait: break
            case .send(let bytes): send(bytes, on: socket)
            case .healthy(let farewell):
                send(farewell, on: socket)
                return nil
            case .unhealthy(let reason): return reason
            }
            guard let next = try receive(&probe, on: socket) else { return "no answer in time" }
            step = next
        }
    }

    /// - Returns: false if the deadline passed first.
    private func connect(_ socket: Socket) throws(SystemError) -> Bool {
        switch socket.connect(to: backend.address) {
        case .connected: return true
        case .failed(let error): throw error
        case .inProgress: break
        }
        guard socket.waitUntilReady(toWrite: true, milliseconds: remaining) else { return false }
        if let error = socket.takeError() { throw error }
        return true
    }

    /// A fresh socket's buffer takes a check's few bytes at once; if not, no answer will come.
    private func send(_ bytes: [UInt8], on socket: Socket) {
        if !bytes.isEmpty { _ = socket.write(bytes) }
    }

    /// - Returns: `nil` if the deadline passed first.
    private func receive(_ probe: inout HealthProbe, on socket: Socket) throws(SystemError)
        -> HealthProbeStep?
    {
        while socket.waitUntilReady(toWrite: false, milliseconds: remaining) {
            switch socket.read(into: scratch) {
            case .bytes(let count): return probe.receive(scratch.copy(0..<count))
            case .wouldBlock: continue
            case .endOfStream: return probe.receiveEndOfStream()
            case .failed(let error): throw error
            }
        }
        return nil
    }

    private var remaining: Int32 {
        Int32(clamping: max(0, deadline - Moment.now().milliseconds))
    }
}
