import Core
import Sockets

/// Which buffers the gateway's sockets have in the kernel, decided once. `nil` leaves a buffer to
/// the system.
struct BufferPolicy: Equatable, Sendable {
    /// Of a client's socket, in bytes.
    let clientReceive: Int?
    /// Of a backend's.
    let backendReceive: Int?
    /// Unsent bytes, of either.
    let unsent: Int?

    /// - Parameter grantable: how large a receive buffer the system grants (`net.core.rmem_max`).
    ///   A smaller one than was asked for would cost throughput: then the buffer still grows by
    ///   itself, up to `net.ipv4.tcp_rmem`.
    init(_ settings: EngineSettings, grantable: Int) {
        func granted(_ byteCount: Int) -> Int? {
            byteCount > 0 && byteCount <= grantable ? byteCount : nil
        }
        clientReceive = granted(settings.clientBufferByteCount)
        backendReceive = granted(settings.backendBufferByteCount)
        unsent = settings.unsentByteCount > 0 ? settings.unsentByteCount : nil
    }

    /// Asks the kernel.
    init(_ settings: EngineSettings) throws(GatewayError) {
        do {
            let probe = try Socket.tcp(isIPv6: false)
            defer { probe.close() }
            try probe.setReceiveBuffer(Int(Int32.max / 2))
            self.init(settings, grantable: try probe.receiveBuffer())
        } catch {
            throw .systemResources(operation: "preparing sockets", reason: error.description)
        }
    }
}
