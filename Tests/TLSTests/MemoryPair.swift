import Sockets
import Traffic

@testable import TLS

/// A client and a server that speak TLS with each other in memory.
final class MemoryPair {
    /// One end, and what has arrived for it.
    final class End {
        let connection: TLSConnection
        var incoming: [UInt8] = []
        private let received = ScratchBuffer(byteCount: 70_000)
        private let sealed = ScratchBuffer(byteCount: 100_000)
        let plain = ScratchBuffer(byteCount: 65_536)

        init(_ connection: TLSConnection) {
            self.connection = connection
        }

        /// Calls the connection with what has arrived.
        ///
        /// - Returns: the outcome, and what is to be sent.
        func call(_ body: (TLSConnection, inout TLSWire) -> TLSConnection.Outcome)
            -> (TLSConnection.Outcome, sent: [UInt8])
        {
            let part = incoming.prefix(received.byteCount)
            received.store(part)
            var wire = TLSWire(received: received, 0..<part.count, sealed: sealed)
            let outcome = body(connection, &wire)
            incoming.removeFirst(part.count - wire.input.count)
            return (outcome, sealed.copy(0..<wire.outputCount))
        }
    }

    let client: End
    let server: End
    /// How many bytes travel at once.
    private let pieceByteCount: Int

    init(_ client: TLSConnection, _ server: TLSConnection, pieceByteCount: Int = .max) {
        self.client = End(client)
        self.server = End(server)
        self.pieceByteCount = pieceByteCount
    }

    /// Why a handshake failed.
    struct Failure: Error, Equatable {
        let side: RelaySide
        let reason: String
    }

    /// Exchanges bytes until both ends have agreed.
    func handshake() throws(Failure) -> (client: TLSSession, server: TLSSession) {
        var done: Set<RelaySide> = []
        for _ in 0..<100_000 where done.count < 2 {
            for side in RelaySide.allCases {
                let end = side == .client ? client : server
                let peer = side == .client ? server : client
                let (outcome, sent) = end.call { $0.handshake(&$1) }
                peer.incoming += sent
                switch outcome {
                case .done: done.insert(side)
                case .failed(let reason): throw Failure(side: side, reason: reason)
                case .wantsInput, .wantsRoom, .ended: break
                }
            }
        }
        return (client.connection.session(), server.connection.session())
    }

    /// Sends bytes from one end and reads them at the other.
    func carry(_ bytes: [UInt8], from sender: End, to receiver: End) -> [UInt8] {
        var offset = 0
        var received: [UInt8] = []
        while received.count < bytes.count {
            if offset < bytes.count {
                let (outcome, sent) = sender.call { $0.write(&$1, bytes, from: offset) }
                receiver.incoming += sent
                guard case .done(let count) = outcome else { return received }
                offset += count
            }
            let (outcome, _) = receiver.call {
                $0.read(&$1, into: receiver.plain, atMost: min(pieceByteCount, 65_536))
            }
            switch outcome {
            case .done(let count): received += receiver.plain.copy(0..<count)
            case .wantsInput: continue
            case .wantsRoom, .ended, .failed: return received
            }
        }
        return received
    }
}
