import Settings
import Sockets

/// Which buffers the gateway's sockets have in the kernel, decided once. `nil` leaves a buffer to
/// the system.
struct BufferPolicy: Equatable, Sendable {
    /// How the receive buffer of a client's socket is bounded, in bytes. A bound is also what the kernel
    /// accepts at once, whether anyone reads it or not.
    struct ClientBound: Equatable {
        /// Once bytes have moved; until then, the system's first buffer has not grown.
        let first: Int
        /// Once the backend has taken many.
        let full: Int
    }

    /// The most that is set as a client's first bound, if the system's first buffer is not larger.
    private static let firstClientBound = 512 << 10

    /// `nil` also if it is bounded from the start.
    let client: ClientBound?
    /// The bound that a client's buffer has from the start, because the system's first one is larger.
    let acceptedClient: Int?
    /// Of a backend's socket.
    let backendReceive: Int?
    /// Whether a backend's receive buffer must have its bound before the connect, because the system's
    /// first one is larger. Otherwise it may wait until bytes have moved, which most short connections
    /// never do: before it has read some, the kernel announces no larger window.
    let boundsBeforeConnect: Bool
    /// Unsent bytes, of either.
    let unsent: Int?

    /// - Parameters:
    ///   - initial: the initial size of a receive buffer (`net.ipv4.tcp_rmem`).
    ///   - grantable: the largest receive buffer that the system grants (`net.core.rmem_max`). A
    ///     smaller one than requested would cost throughput: then the buffer is auto-tuned, up to
    ///     `net.ipv4.tcp_rmem`.
    init(_ settings: EngineSettings, initial: Int, grantable: Int) {
        func granted(_ byteCount: Int) -> Int? {
            byteCount > 0 && byteCount <= grantable ? byteCount : nil
        }
        let full = granted(settings.clientBufferByteCount)
        acceptedClient = full.flatMap { $0 < initial ? $0 : nil }
        let first = max(initial, Self.firstClientBound)
        client =
            acceptedClient == nil
            ? full.map { ClientBound(first: min($0, first), full: $0) } : nil
        backendReceive = granted(settings.backendBufferByteCount)
        boundsBeforeConnect = backendReceive.map { $0 < initial } ?? false
        unsent = settings.unsentByteCount > 0 ? settings.unsentByteCount : nil
    }

    /// Reads the kernel's settings.
    init(_ settings: EngineSettings) throws(GatewayError) {
        do {
            let probe = try Socket.tcp(isIPv6: false)
            defer { probe.close() }
            let initial = try probe.receiveBuffer()
            try probe.setReceiveBuffer(Int(Int32.max / 2))
            self.init(settings, initial: initial, grantable: try probe.receiveBuffer())
        } catch {
            throw .systemResources(operation: "prepare sockets", reason: error.description)
        }
    }
}
