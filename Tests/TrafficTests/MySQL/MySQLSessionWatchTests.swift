import MySQLProtocol
import SeededRandom
import TestInputs
import Testing

@testable import Traffic

@Suite("Watching the packets of a MySQL client")
struct MySQLSessionWatchTests {
    private static let session = WatchedSession(threadID: 42, user: Array("demo".utf8))

    /// What a watch has passed and answered.
    private struct Run {
        var watch: MySQLSessionWatch
        var passed: [UInt8] = []
        var answered: [UInt8] = []
        var requests: [KillRequest] = []
        var dialogue: (any Dialogue)?
        var denial: [UInt8]?
        var target = KillTarget.here(threadID: 1_000)

        init(_ watch: MySQLSessionWatch = MySQLSessionWatch(session)) { self.watch = watch }

        mutating func receive(_ bytes: [UInt8], pieceSize: Int = .max) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(pieceSize))
                rest = rest.dropFirst(piece.count)
                follow(watch.receive(piece.span), piece)
            }
        }

        private mutating func follow(_ step: WatchStep, _ bytes: [UInt8]) {
            switch step {
            case .pass(let replay): passed += replay.held + bytes[replay.offset...]
            case .answer(let words, let bytes):
                answered += words
                passed += bytes
            case .kill(let request, let words, let toBackend):
                #expect(watch.isWaiting)
                answered += words
                passed += toBackend
                requests.append(request)
                follow(watch.resolved(target), [])
            case .converse(let next, let words, let toBackend):
                answered += words
                passed += toBackend
                dialogue = next
            case .denied(_, _, let words): denial = words
            }
        }
    }

    private static func query(_ text: String) -> [UInt8] { MySQLPacket.query(text).bytes }

    private static func processKill(_ id: UInt32) -> [UInt8] {
        var payload: [UInt8] = [0x0c]
        payload.appendLittleEndian(id, byteCount: 4)
        return MySQLPacket(sequence: 0, payload: payload).bytes
    }

    @Test("A KILL has the backend's id, in pieces of any size", arguments: 1...40)
    func rewritten(pieceSize: Int) {
        var run = Run()
        run.receive(
            Self.query("SELECT 1") + Self.query("/* stop */ KILL QUERY 7;") + Self.query("DO 1")
                + Self.processKill(8) + Self.query("DO 2"),
            pieceSize: pieceSize
        )
        #expect(
            run.passed
                == Self.query("SELECT 1") + Self.query("/* stop */ KILL QUERY 1000;")
                + Self.query("DO 1") + Self.processKill(1_000) + Self.query("DO 2")
        )
        #expect(
            run.requests == [
                KillRequest(session: 7, scope: .query),
                KillRequest(session: 8, scope: .connection),
            ]
        )
        #expect(run.answered.isEmpty)
        #expect(!run.watch.isWaiting)
    }

    @Test("One of a session elsewhere is answered by the gateway", arguments: [1, 5, 1_000])
    func answered(pieceSize: Int) throws {
        let cases: [(KillTarget, UInt16?, String)] = [
            (.done, nil, ""), (.unknown, 1_094, "Unknown thread id: 7"),
            (.outOfReach(reason: "it is on another gateway"), 1_105, "Cannot kill 7: it is on"),
        ]
        for (target, code, message) in cases {
            var run = Run()
            run.target = target
            run.receive(Self.query("KILL 7") + Self.query("DO 1"), pieceSize: pieceSize)
            #expect(run.passed == Self.query("DO 1"))
            let packet = try #require(try packets(run.answered).first)
            #expect(packet.sequence == 1)
            let error = MySQLErrorPacket(payload: packet.payload)
            #expect(error?.code == code)
            #expect(error?.message.hasPrefix(message) != false)
            if code == nil { #expect(packet.payload == MySQLOKPacket.payload) }
        }
    }

    @Test("An id that is not the gateway's passes as it is")
    func foreign() {
        var run = Run()
        run.target = .foreign
        let bytes = Self.query("KILL 7") + Self.processKill(9)
        run.receive(bytes)
        #expect(run.passed == bytes)
        #expect(run.answered.isEmpty)
    }

    @Test("Several in the same bytes are requested one after another, with their answers")
    func several() throws {
        var run = Run()
        run.target = .unknown
        run.receive(Self.query("KILL 7") + Self.query("DO 1") + Self.processKill(8))
        #expect(run.requests.map(\.session) == [7, 8])
        #expect(try packets(run.answered).count == 2)
        #expect(run.passed == Self.query("DO 1"))
    }

    @Test("Everything else passes, without a copy if its packet is not a candidate")
    func others() throws {
        let bytes =
            Self.query("SELECT 'KILL 7'") + Self.query("KILL QUERY ID 7")
            + MySQLPacket(sequence: 0, payload: [0x16] + "KILL 7".utf8).bytes
            + MySQLPacket(sequence: 1, payload: [0x03] + "KILL 7".utf8).bytes
            + MySQLPacket(sequence: 0, payload: [0x0c, 1, 2, 3]).bytes
            + MySQLPacket(sequence: 0, payload: []).bytes + MySQLPacket.quit.bytes
            + Self.query("KILL /*" + String(repeating: "x", count: 2_000) + "*/ 7")
        for size in Array(1...60) + [Int.max] {
            var run = Run()
            run.receive(bytes, pieceSize: size)
            #expect(run.passed == bytes)
            #expect(run.requests.isEmpty)
        }
        var watch = MySQLSessionWatch(Self.session)
        guard case .pass(let replay) = watch.receive(bytes.span) else {
            Issue.record("not passed")
            return
        }
        #expect(replay == Replay())
    }

    @Test("A statement of several packets of 16 MiB passes without being held")
    func enormous() {
        let size = MySQLPacket.maximumPayloadByteCount
        var watch = MySQLSessionWatch(Self.session)
        var held = 0
        func show(_ bytes: [UInt8]) {
            guard case .pass(let replay) = watch.receive(bytes.span) else {
                Issue.record("not passed")
                return
            }
            held += replay.held.count
        }
        show(MySQLPacketHeader(payloadByteCount: size, sequence: 0).bytes + [0x03])
        let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 65_536)
        for _ in 0..<size / chunk.count { show(chunk) }
        show(Array(chunk.prefix(size % chunk.count - 1)))
        // The rest would be a KILL if it were a command.
        show(MySQLPacket(sequence: 1, payload: [0x03] + "KILL 7".utf8).bytes)
        #expect(!watch.isWaiting)
        #expect(held <= 5)
    }

    @Test("The contents of a local file are no commands, also when their numbers start again")
    func localFile() {
        var bytes = Self.query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t")
        for sequence in 2...600 {
            let payload = [0x0c, 7, 0, 0, 0] as [UInt8]
            bytes += MySQLPacket(sequence: UInt8(sequence & 255), payload: payload).bytes
        }
        bytes += MySQLPacket(sequence: UInt8(601 & 255), payload: []).bytes
        var run = Run()
        run.receive(bytes, pieceSize: 100)
        #expect(run.passed == bytes)
        #expect(run.requests.isEmpty)
        run.receive(Self.processKill(8))
        #expect(run.requests.map(\.session) == [8])
    }

    @Test("A file that ends with packet 255 is followed by commands")
    func fileEndsBeforeWrap() {
        var run = Run()
        run.receive(Self.query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t"))
        run.receive(MySQLPacket(sequence: 254, payload: [1]).bytes)
        run.receive(MySQLPacket(sequence: 255, payload: []).bytes)
        run.receive(Self.query("KILL 7"))
        #expect(run.requests.map(\.session) == [7])
    }

    @Test("With query attributes, a statement without any is read", arguments: 1...20)
    func queryAttributes(pieceSize: Int) {
        let watch = MySQLSessionWatch(Self.session, hasQueryAttributes: true)
        func packet(_ prefix: [UInt8], _ text: String) -> [UInt8] {
            MySQLPacket(sequence: 0, payload: [0x03] + prefix + Array(text.utf8)).bytes
        }
        var run = Run(watch)
        let attributed = packet([1, 1], "KILL 7")
        run.receive(packet([0, 1], "KILL 7") + attributed, pieceSize: pieceSize)
        #expect(run.passed == packet([0, 1], "KILL 1000") + attributed)
        #expect(run.requests.count == 1)
    }

    @Test("Random packets in random pieces pass unchanged but for the ids")
    func random() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let texts = [
            "SELECT 1", "KILL 7", "kill query 8 -- x", "/* */ SELECT 2", "KILL QUERY ID 1", "",
        ]
        for _ in 0..<500 {
            var (sent, expected): ([UInt8], [UInt8]) = ([], [])
            var count = 0
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let text = texts.randomElement(using: &random) ?? ""
                let isKill = text.lowercased().hasPrefix("kill") && !text.contains("ID")
                count += isKill ? 1 : 0
                sent += Self.query(text)
                expected += Self.query(
                    isKill
                        ? text.replacing("7", with: "1000").replacing("8", with: "1000") : text
                )
            }
            var run = Run()
            var rest = sent[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1...30, using: &random)))
                rest = rest.dropFirst(piece.count)
                run.receive(piece)
            }
            #expect(run.passed == expected, "seed \(seed)")
            #expect(run.requests.count == count, "seed \(seed)")
        }
    }
}
