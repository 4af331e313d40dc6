import Sockets
import TLS

/// TLS of one connection, whose bytes come and go in arrays.
final class TLSByteStream {
    /// What has come of the peer's bytes.
    struct Progress {
        var plain: [UInt8] = []
        /// For the peer.
        var output: [UInt8] = []
    }

    struct Failure: Error {
        let reason: String
    }

    private let connection: TLSConnection
    private let received = ScratchBuffer(byteCount: 16 << 10)
    private let sealed = ScratchBuffer(byteCount: 64 << 10)
    private let plain = ScratchBuffer(byteCount: 16 << 10)
    private(set) var isEstablished = false

    init(_ connection: TLSConnection) {
        self.connection = connection
    }

    /// The first bytes for the peer.
    func begin() throws(Failure) -> [UInt8] {
        try receive([]).output
    }

    func receive(_ bytes: [UInt8]) throws(Failure) -> Progress {
        var progress = Progress()
        var rest = bytes[...]
        repeat {
            let part = rest.prefix(received.byteCount)
            rest = rest.dropFirst(part.count)
            received.store(part)
            try advance(part.count, &progress)
        } while !rest.isEmpty
        return progress
    }

    /// The bytes for the peer, encrypted.
    func seal(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var progress = Progress()
        var offset = 0
        while offset < bytes.count {
            var wire = TLSWire(received: received, 0..<0, sealed: sealed)
            let outcome = connection.write(&wire, bytes, from: offset)
            take(&wire, &progress)
            switch outcome {
            case .done(let count): offset += count
            case .wantsRoom: continue
            case .failed(let reason): throw Failure(reason: reason)
            case .wantsInput, .ended: throw Failure(reason: "the connection has ended")
            }
        }
        return progress.output
    }

    private func advance(_ count: Int, _ progress: inout Progress) throws(Failure) {
        var wire = TLSWire(received: received, 0..<count, sealed: sealed)
        while true {
            let outcome =
                isEstablished
                ? connection.read(&wire, into: plain, atMost: plain.byteCount)
                : connection.handshake(&wire)
            take(&wire, &progress)
            switch outcome {
            case .done(let count):
                progress.plain += plain.copy(0..<count)
                isEstablished = true
            case .wantsRoom: continue
            case .wantsInput, .ended: return
            case .failed(let reason): throw Failure(reason: reason)
            }
        }
    }

    private func take(_ wire: inout TLSWire, _ progress: inout Progress) {
        progress.output += sealed.copy(0..<wire.outputCount)
        wire.clearOutput()
    }
}
