import SeededRandom
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Every byte in order, and each end after the last one, whatever carries them")
struct ByteExactnessTests {
    /// Which sides speak in records.
    enum Form: CaseIterable {
        case plain, layeredClient, layeredBackend, layered

        func isLayered(_ side: RelaySide) -> Bool {
            switch self {
            case .plain: false
            case .layeredClient: side == .client
            case .layeredBackend: side == .backend
            case .layered: true
            }
        }
    }

    @Test(
        "Random amounts both ways, written and read in random pieces",
        arguments: Form.allCases,
        SeededGenerator.seeds
    )
    func streams(form: Form, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<4 {
            var relay = try RelayUnderTest(form)
            for side in RelaySide.allCases {
                let count = Int.random(in: 0..<600_000, using: &generator)
                relay.ends[side]?.outgoing = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            }
            try relay.run(using: &generator)
            for side in RelaySide.allCases {
                let isWhole = relay.ends[side]?.received == relay.ends[side.opposite]?.outgoing
                #expect(isWhole, "seed \(seed): to the \(side)")
            }
            relay.close()
        }
    }
}

/// A tunnel that nobody drives but the test, and the far ends of both its sides.
private struct RelayUnderTest {
    struct End {
        var far: FarEnd
        let inner: Socket
        var outgoing: [UInt8] = []
        var sentByteCount = 0
        var hasEnded = false
        var received: [UInt8] = []
        var isAtEnd = false
    }

    var ends: [RelaySide: End] = [:]
    private var tunnel: Tunnel
    private var relay = Relay()
    private let tools = RelayTools(scratchByteCount: 65_536, pipeByteCount: 65_536)
    private let epoll: Epoll

    init(_ form: ByteExactnessTests.Form) throws {
        epoll = try Epoll(wakeToken: 10, timerToken: 11)
        tunnel = Tunnel(client: Side.none)
        for (token, side) in RelaySide.allCases.enumerated() {
            let pair = try SocketPair()
            let isLayered = form.isLayered(side)
            ends[side] = End(far: FarEnd(pair.outer, isLayered: isLayered), inner: pair.inner)
            tunnel[side] = Side(isLayered ? .layered(RecordLayer(pair.inner)) : .plain(pair.inner))
            try epoll.add(pair.inner, token: UInt64(token))
        }
    }

    mutating func run(using generator: inout SeededGenerator) throws {
        while !ends.values.allSatisfy(\.isAtEnd) {
            for side in RelaySide.allCases where Bool.random(using: &generator) {
                write(to: side, using: &generator)
                read(from: side)
            }
            for index in 0..<(try epoll.wait(milliseconds: 1)) {
                let event = epoll.event(at: index)
                guard event.token < 2 else { continue }
                tunnel[event.token == 0 ? .client : .backend].record(event)
            }
            advance(limit: Int.random(in: 1..<100_000, using: &generator))
        }
    }

    private mutating func write(to side: RelaySide, using generator: inout SeededGenerator) {
        guard var end = ends[side], !end.hasEnded else { return ends[side]?.far.flush() ?? () }
        let rest = end.outgoing.count - end.sentByteCount
        let piece = Int.random(in: 0...min(rest, 80_000), using: &generator)
        let bytes = Array(end.outgoing[end.sentByteCount..<end.sentByteCount + piece])
        if !bytes.isEmpty { end.sentByteCount += end.far.write(bytes, from: 0) }
        if end.sentByteCount == end.outgoing.count {
            end.hasEnded = true
            end.far.endWriting()
        }
        ends[side] = end
    }

    private mutating func read(from side: RelaySide) {
        guard var end = ends[side], !end.isAtEnd else { return }
        if let bytes = end.far.read() { end.received += bytes } else { end.isAtEnd = true }
        ends[side] = end
    }

    private mutating func advance(limit: Int) {
        while true {
            guard case .endOfStream(let side) = tunnel.advance(with: tools, limit: limit)
            else { return }
            if case .shutdownWrite(let other) = relay.handle(.endOfStream(from: side)) {
                tunnel[other].endWriting()
            } else {
                // Both ends have come: what the engine closes now, the test only ends.
                tunnel[side.opposite].endWriting()
            }
        }
    }

    mutating func close() {
        tunnel.close(with: tools)
        for end in ends.values {
            end.inner.close()
            end.far.socket.close()
        }
    }
}
