import Sockets
import Traffic

/// What carries the bytes of one side.
///
/// With ``Side``, which owns one, it is all of the engine that reads, writes, ends or splices a
/// socket.
enum Transport {
    /// The bytes as is.
    case plain(Socket)
    /// Bytes that take another form on their way, as those of TLS do. Boxed: most connections are
    /// plain.
    indirect case layered(any TransportLayer)

    var socket: Socket {
        switch self {
        case .plain(let socket): socket
        case .layered(let layer): layer.socket
        }
    }

    /// Whether the kernel can move bytes from here, or to here, without showing them (splice(2)).
    func isSpliceable(_ direction: KernelTLS.Direction) -> Bool {
        switch self {
        case .plain: true
        case .layered(let layer): layer.isInKernel(direction)
        }
    }
}

/// A form that bytes take between the engine and the wire, with a state of its own.
///
/// Belongs to one connection, and is accessed by its shard only. Nothing waits: what cannot be done
/// now is done at the next call, after the socket became readable or writable.
protocol TransportLayer: AnyObject {
    var socket: Socket { get }
    /// Continues the agreement with the peer that goes before its bytes, if the form has one.
    func handshake() -> Handshake
    /// The socket has become readable; if `isEnding`, the peer's last byte has arrived.
    func recordReadable(isEnding: Bool)
    /// Whether a read may bring something before the socket's next edge.
    var mayHaveMore: Bool { get }
    /// Reads the peer's bytes in their own form. It may return fewer than there are; only
    /// `.wouldBlock` means that more have to arrive first. A stream that ends without announcing
    /// its end is a failure.
    func read(into buffer: ScratchBuffer, atMost limit: Int) -> ReadOutcome
    /// How many bytes of a plain connection would have taken as long as the last read.
    var readCost: Int { get }
    func write(_ buffer: ScratchBuffer, _ range: Range<Int>) -> WriteOutcome
    func write(_ bytes: [UInt8], from offset: Int) -> WriteOutcome
    /// Whether the socket has not yet taken all that was written, or announced.
    var hasUnsent: Bool { get }
    /// Announces that no more bytes will be written, after all that were. May be called repeatedly.
    func endWriting()
    /// Continues with what the socket did not accept.
    func flush()
    /// From now on bytes are relayed: the kernel may do the layer's work, if it is able to.
    func handOver(to kernel: KernelOffload)
    /// Whether the kernel gives the bytes of that direction their form.
    func isInKernel(_ direction: KernelTLS.Direction) -> Bool
}

extension TransportLayer {
    func handOver(to kernel: KernelOffload) {}
    func isInKernel(_ direction: KernelTLS.Direction) -> Bool { false }
}

/// How far the agreement with a peer is.
enum Handshake: Equatable {
    /// It continues when the socket becomes readable or writable.
    case inProgress
    case established(TLSSession)
    case failed(reason: String)
}
