import Foundation
import MySQLProtocol
import SeededRandom
import TestInputs
import Testing

@testable import Traffic

/// Any bytes, most of them almost right, in pieces of any size: nothing crashes, nothing is held
/// beyond its bound, and what is not changed on purpose is passed on as it came.
///
/// `FUZZ_COUNT=100000000 swift test -c release -Xswiftc -enable-testing --filter MySQLFuzzTests`
/// tries more inputs than a usual run.
@Suite("MySQL by name with any bytes")
struct MySQLFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 20_000

    private func fuzz(_ property: (inout Fuzz) -> String?) {
        let seed = UInt64.random(in: .min ... .max)
        var fuzz = Fuzz(seed: seed)
        for index in 0..<Self.count {
            guard let violation = property(&fuzz) else { continue }
            Issue.record("seed \(seed), input \(index): \(violation)")
            return
        }
    }

    @Test("A greeted client may send anything")
    func prologue() {
        let terms = [MySQLGreetingTerms.TLS.off, .offered, .required].map {
            Login.greetingTerms(tls: $0)
        }
        var decided = 0
        fuzz { fuzz in
            var prologue = Login.prologue(terms[fuzz.number(below: 3)])
            let bytes = fuzz.damaged(fuzz.element(of: Fuzz.clientPackets))
            var position = 0
            while position < bytes.count {
                let piece = fuzz.piece(of: bytes, from: &position)
                switch prologue.receive(piece.span) {
                case .more: continue
                case .startTLS(let replay):
                    guard replay.offset <= piece.count else { return "offset" }
                    _ = prologue.secured(Login.session)
                case .decided(let finding, let replay):
                    guard case .login? = finding, replay.offset <= piece.count else {
                        return "finding"
                    }
                    guard replay.held.count <= 2 * bytes.count + 64 else { return "held" }
                    decided += 1
                    return nil
                case .denied(_, _, let words):
                    return Fuzz.endsInError(words) ? nil : "words"
                case .refused, .finished, .left: return "step"
                }
            }
            return nil
        }
        #expect(decided > Self.count / 100)
    }

    @Test("A client and a backend may send anything while they are logged in")
    func dialogue() {
        let terms = [MySQLLoginTerms.BackendTLS.off, .required].map {
            MySQLLoginTerms(backendTLS: $0, allowsClearText: true, cipher: MirrorCipher())
        }
        let greetingTerms = Login.greetingTerms()
        var relayed = 0
        fuzz { fuzz in
            let backend = fuzz.number(below: 2)
            var dialogue = MySQLLoginDialogue(terms[backend], after: greetingTerms)
            let login = fuzz.element(of: Fuzz.logins)
            var step = dialogue.begin(
                clientBytes: fuzz.number(below: 8) == 0 ? fuzz.damaged(login) : login
            )
            for _ in 0..<12 {
                switch step {
                case .more: break
                case .startTLS:
                    step = dialogue.secured()
                    continue
                case .relay:
                    relayed += 1
                    return nil
                case .denied(_, _, let words): return Fuzz.endsInError(words) ? nil : "words"
                case .left: return nil
                case .dial, .refused, .answered: return "step"
                }
                step = fuzz.event(for: &dialogue)
            }
            return nil
        }
        #expect(relayed > Self.count / 1_000)
    }

    @Test("A watched client may send anything, and it passes")
    func watch() {
        let session = WatchedSession(threadID: 42, user: [])
        var (requests, changes) = (0, 0)
        fuzz { fuzz in
            var watch = MySQLSessionWatch(
                session,
                hasQueryAttributes: fuzz.number(below: 4) == 0
            )
            var bytes: [UInt8] = []
            for _ in 0...fuzz.number(below: 3) {
                bytes += fuzz.damaged(fuzz.element(of: Fuzz.commands))
            }
            var (position, passed) = (0, [] as [UInt8])
            while position < bytes.count {
                let piece = fuzz.piece(of: bytes, from: &position)
                var step = watch.receive(piece.span)
                while case .kill(_, let words, let sent) = step {
                    guard words.isEmpty, watch.isWaiting else { return "kill" }
                    requests += 1
                    passed += sent
                    step = watch.resolved(.foreign)
                }
                switch step {
                case .pass(let replay): passed += replay.held + piece[replay.offset...]
                case .answer(let words, let sent):
                    guard words.isEmpty else { return "answer" }
                    passed += sent
                case .kill: return "step"
                case .converse(let dialogue, let words, let sent):
                    guard words.isEmpty, !sent.isEmpty else { return "change of user" }
                    changes += 1
                    return fuzz.end(of: dialogue)
                case .denied(_, _, let words):
                    return Fuzz.endsInError(words) ? nil : "not an error"
                }
                let held = position - passed.count
                guard (0...(16 << 10) + 4).contains(held), bytes.starts(with: passed) else {
                    return "\(held) bytes held, or others passed"
                }
            }
            return nil
        }
        #expect(requests > Self.count / 100 && changes > Self.count / 2_000)
    }
}

/// Random inputs.
private struct Fuzz {
    static let clientPackets: [[UInt8]] =
        CapturedLogin.all.flatMap {
            [decoded($0.tlsRequest), decoded($0.tlsRequest) + decoded($0.login)]
        } + [decoded(CapturedPackets.mariaDBLogin), decoded(CapturedPackets.pyMySQLLogin)]

    static let commands: [[UInt8]] =
        ["KILL 7", "/* a */ kill query 8;", "SELECT 1", "KILL QUERY ID 9", ""].map {
            MySQLPacket.query($0).bytes
        } + [
            MySQLPacket(sequence: 0, payload: [0x0c, 7, 0, 0, 0]).bytes, MySQLPacket.quit.bytes,
            MySQLPacket(sequence: 0, payload: [0x03, 0, 1] + Array("KILL 7".utf8)).bytes,
            MySQLPacket(sequence: 0, payload: [0x11] + Array("demo@AWVA7CM7\0\0\0".utf8)).bytes,
            MySQLPacket(sequence: 2, payload: [1, 2, 3]).bytes,
        ]

    /// What a backend may say after its greeting.
    private static let answers: [[UInt8]] = [
        Login.ok, [1, 3], [1, 4], [1] + MirrorCipher.backendKey, [0xff, 0x15, 4], [0xfe],
        Login.switchTo("mysql_native_password"), Login.switchTo("caching_sha2_password"),
        Login.switchTo("sha256_password"), Login.switchTo("client_ed25519"),
        Login.switchTo("dialog"), [],
    ]
    private static let clientAnswers: [[UInt8]] = [
        [], [0], [1], [2], Array("secret\0".utf8), [UInt8](repeating: 9, count: 32),
        Array("gateway".utf8) + [0x8c, 0x9a, 0xff],
    ]
    static let logins = [Login.packet(), Login.packet(hasTLS: false)]
    private static let greetings = [
        Login.greeting(), Login.greeting(GreetingProfile(.mariadb).capabilities.union(.tls)),
    ]

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private static func decoded(_ text: String) -> [UInt8] { bytes(hexadecimal: text) ?? [] }

    /// Whether the bytes are packets, the last of them an ERR.
    static func endsInError(_ bytes: [UInt8]) -> Bool {
        var (start, last) = (0, 0)
        while start + 4 < bytes.count {
            last = start
            start += 4 + Int(bytes[start]) + Int(bytes[start + 1]) << 8
        }
        return start == bytes.count && bytes[last + 4] == MySQLErrorPacket.mark
    }

    mutating func number(below bound: Int) -> Int { Int(random.next() >> 33) % bound }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[number(below: elements.count)]
    }

    /// The next bytes from `position` on: all, or some.
    mutating func piece(of bytes: [UInt8], from position: inout Int) -> [UInt8] {
        let rest = bytes.count - position
        let count = number(below: 2) == 0 ? rest : 1 + number(below: rest)
        defer { position += count }
        return count == bytes.count ? bytes : Array(bytes[position..<position + count])
    }

    /// The same bytes with up to three changes.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(below: 4) where !bytes.isEmpty {
            let place = number(below: number(below: 2) == 0 ? min(8, bytes.count) : bytes.count)
            switch number(below: 5) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 2: bytes[place] ^= 1 << UInt8(number(below: 8))
            case 3: bytes[place] = [0, 1, 0xfb, 0xfe, 0xff][number(below: 5)]
            default: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        return bytes
    }

    /// Lets both sides say something to a dialogue within a session until it ends, or for a while.
    ///
    /// - Returns: what is wrong with its end.
    mutating func end(of dialogue: any Dialogue) -> String? {
        var dialogue = dialogue
        for round in 0..<20 {
            let isClient = number(below: 2) == 0
            var bytes = MySQLPacket(
                sequence: UInt8(number(below: 4) == 0 ? number(below: 8) : round + 1),
                payload: element(of: isClient ? Self.clientAnswers : Self.answers)
            ).bytes
            if number(below: 4) == 0 { bytes = damaged(bytes) }
            guard !bytes.isEmpty else { continue }
            switch dialogue.receive(bytes.span, from: isClient ? .client : .backend) {
            case .more: continue
            case .relay: return nil
            case .denied(_, _, let words):
                return Self.endsInError(words) ? nil : "a change of user ends without an error"
            case .dial, .startTLS, .refused, .answered, .left: return "a change of user"
            }
        }
        return nil
    }

    /// Something that happens to a dialogue, mostly what may happen next.
    mutating func event(for dialogue: inout MySQLLoginDialogue) -> DialogueStep {
        switch number(below: 40) {
        case 0: return dialogue.deadlinePassed()
        case 1: return dialogue.endOfStream(from: number(below: 2) == 0 ? .client : .backend)
        case 2: return dialogue.secured()
        default: break
        }
        let numbers = dialogue.nextSequences
        let isClient = dialogue.awaitsClient != (number(below: 20) == 0)
        let payload = element(of: isClient ? Self.clientAnswers : Self.answers)
        var bytes = MySQLPacket(
            sequence: isClient ? numbers.client : numbers.backend,
            payload: payload
        ).bytes
        if !isClient, numbers.backend == 0 { bytes = element(of: Self.greetings) }
        if number(below: 4) == 0 { bytes = damaged(bytes) }
        guard !bytes.isEmpty else { return .more(Messages()) }
        return dialogue.receive(bytes.span, from: isClient ? .client : .backend)
    }
}
