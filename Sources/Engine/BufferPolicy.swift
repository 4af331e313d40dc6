import Settings
import Sockets

/// Which buffers the gateway's sockets have in the kernel, decided once. `nil` leaves a buffer to
/// the system.
struct BufferPolicy: Equatable, Sendable {
    /// Of a client's socket, in bytes.
    let clientReceive: Int?
    /// Of a backend's.
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
        clientReceive = granted(settings.clientBufferByteCount)
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
