import Glibc
import Sockets

@testable import Engine

/// A transport for tests that behaves as TLS does: records of at most 16 KiB, several of which come
/// with one read of the socket; an end that is announced inside the stream; nothing that the kernel
/// could move unseen.
///
///     ┌──────────────┬─────────────────────────────┐
///     │ length, 2 B  │ so many bytes, each xor 0x5A │    length 0: the end
///     └──────────────┴─────────────────────────────┘
final class RecordLayer: TransportLayer {
    static let recordByteCount = 16_384

    let socket: Socket
    private let wire = ScratchBuffer(byteCount: 65_536)
    /// Records of which a part is still to come.
    private var received: [UInt8] = []
    /// Bytes of records that were opened and not yet asked for.
    private var opened: [UInt8] = []
    private var hasEnded = false
    private var sealed: [UInt8] = []
    private var isEnding = false

    init(_ socket: Socket) {
        self.socket = socket
    }

    /// Nothing is agreed on.
    func handshake() -> Handshake { .inProgress }

    func recordReadable(isEnding: Bool) {}

    /// What each read costs.
    var readCost = 0

    /// Unknown: the next read tells.
    var mayHaveMore: Bool { true }

    func read(into buffer: ScratchBuffer, atMost limit: Int) -> ReadOutcome {
        while opened.isEmpty, !hasEnded {
            switch socket.read(into: wire) {
            case .bytes(let count): open(wire.copy(0..<count))
            case .endOfStream: return .failed(SystemError(code: ECONNRESET))
            case let outcome: return outcome
            }
        }
        guard !opened.isEmpty else { return .endOfStream }
        let count = min(opened.count, buffer.byteCount, limit, Self.recordByteCount)
        buffer.store(opened.prefix(count))
        opened.removeFirst(count)
        return .bytes(count: count)
    }

    private func open(_ bytes: [UInt8]) {
        received += bytes
        while received.count >= 2 {
            let count = Int(received[0]) << 8 | Int(received[1])
            guard received.count >= 2 + count else { return }
            hasEnded = hasEnded || count == 0
            opened += received[2..<2 + count].map { $0 ^ 0x5A }
            received.removeFirst(2 + count)
        }
    }

    func write(_ buffer: ScratchBuffer, _ range: Range<Int>) -> WriteOutcome {
        write(buffer.copy(range), from: 0)
    }

    func write(_ bytes: [UInt8], from offset: Int) -> WriteOutcome {
        flush()
        guard sealed.isEmpty else { return .wouldBlock }
        let count = min(bytes.count - offset, Self.recordByteCount)
        seal(bytes[offset..<offset + count])
        flush()
        return .bytes(count: count)
    }

    private func seal(_ bytes: ArraySlice<UInt8>) {
        sealed += [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes.map { $0 ^ 0x5A }
    }

    var hasUnsent: Bool { !sealed.isEmpty }

    func endWriting() {
        if !isEnding { seal([]) }
        isEnding = true
        flush()
    }

    func flush() {
        var offset = 0
        while offset < sealed.count, case .bytes(let count) = socket.write(sealed, from: offset) {
            offset += count
        }
        sealed.removeFirst(offset)
        if sealed.isEmpty, isEnding { socket.shutdownWrite() }
    }
}

/// The far end of a connection, in whichever form it speaks.
struct FarEnd {
    let socket: Socket
    private let layer: (any TransportLayer)?
    private let buffer = ScratchBuffer(byteCount: 65_536)

    init(_ socket: Socket, isLayered: Bool) {
        self.socket = socket
        layer = isLayered ? RecordLayer(socket) : nil
    }

    init(by layer: any TransportLayer) {
        socket = layer.socket
        self.layer = layer
    }

    /// Writes what is taken now; returns how much that was.
    func write(_ bytes: [UInt8], from offset: Int) -> Int {
        let outcome = layer?.write(bytes, from: offset) ?? socket.write(bytes, from: offset)
        if case .bytes(let count) = outcome { return count }
        return 0
    }

    func endWriting() {
        if let layer { layer.endWriting() } else { socket.shutdownWrite() }
    }

    func flush() { layer?.flush() }

    var hasUnsent: Bool { layer?.hasUnsent ?? false }

    /// What has come; `nil` at the end of the stream.
    func read() -> [UInt8]? {
        layer?.recordReadable(isEnding: false)
        return switch layer?.read(into: buffer, atMost: .max) ?? socket.read(into: buffer) {
        case .bytes(let count): buffer.copy(0..<count)
        case .wouldBlock: []
        case .endOfStream, .failed: nil
        }
    }
}
