import Addresses
import Foundation
import Sockets

/// A TCP connection to this machine on which a test says what it likes. Every call blocks.
final class RawClient: Sendable {
    /// The other side did not do what was waited for.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Nothing here takes so long, on any machine.
    static let patienceMilliseconds: Int32 = 60_000

    private let socket: Socket

    init(port: Int) throws {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: UInt16(port))
        socket = try Socket.tcp(for: address)
        guard case .failed(let error) = socket.connect(to: address) else {
            guard socket.waitUntilReady(toWrite: true, milliseconds: Self.patienceMilliseconds)
            else { throw Failure(description: "no connection") }
            if let error = socket.takeError() { throw error }
            return
        }
        throw error
    }

    deinit {
        socket.close()
    }

    /// Writes as much of `text` as the other side takes at once.
    func send(_ text: String) {
        _ = socket.write(Array(text.utf8))
    }

    /// Says that nothing more will follow.
    func finish() {
        socket.shutdownWrite()
    }

    /// Writes all of `bytes`, unless the other side closes before.
    func sendAll(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            guard socket.waitUntilReady(toWrite: true, milliseconds: Self.patienceMilliseconds)
            else { throw Failure(description: "not taken") }
            switch socket.write(bytes, from: offset) {
            case .bytes(let written): offset += written
            case .wouldBlock: continue
            case .failed: return
            }
        }
    }

    /// Writes `piece` again and again until the other side closes, or `limit` bytes are taken.
    ///
    /// - Returns: how many bytes were taken.
    func sendUntilCutOff(_ piece: String, limit: Int) throws -> Int {
        let bytes = Array(piece.utf8)
        var count = 0
        while count < limit {
            guard socket.waitUntilReady(toWrite: true, milliseconds: Self.patienceMilliseconds)
            else { throw Failure(description: "neither taken nor cut off") }
            switch socket.write(bytes) {
            case .bytes(let written): count += written
            case .wouldBlock: continue
            case .failed: return count
            }
        }
        return count
    }

    /// Waits for the first bytes, and leaves them.
    func waitForBytes() throws {
        guard socket.waitUntilReady(toWrite: false, milliseconds: Self.patienceMilliseconds)
        else { throw Failure(description: "silence") }
    }

    /// Waits until `count` of `clients` have received bytes or been cut off.
    static func wait(for count: Int, of clients: [RawClient]) throws {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(patienceMilliseconds)
        while clients.count(where: \.hasAnswer) < count {
            guard clock.now < end else { throw Failure(description: "silence") }
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    /// Whether bytes or the end of the stream are there already.
    var hasAnswer: Bool { socket.waitUntilReady(toWrite: false, milliseconds: 0) }

    /// Reads until `isEnough`, or to the end of the stream; a reset is an end too.
    func receive(until isEnough: (String) -> Bool = { _ in false }) throws -> String {
        let buffer = ScratchBuffer(byteCount: 65_536)
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if isEnough(text) { return text }
            guard socket.waitUntilReady(toWrite: false, milliseconds: Self.patienceMilliseconds)
            else { throw Failure(description: "silence after \(text)") }
            switch socket.read(into: buffer) {
            case .bytes(let count): bytes += buffer.copy(0..<count)
            case .wouldBlock: continue
            case .endOfStream, .failed: return text
            }
        }
    }
}
