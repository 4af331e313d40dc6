import Addresses
import ProxyProtocol
import SeededRandom
import Testing

@testable import Policy
@testable import Traffic

/// What becomes of a connection's first bytes, from accept to the backend, however they are cut and
/// wherever the client pauses beyond its deadline.
@Suite("The first bytes of a connection that may begin with a PROXY header")
struct FirstBytesTests {
    private static let balancer = SocketAddress(.v4(IPv4Address(10, 0, 0, 1)), port: 1)
    private static let header = Array("PROXY TCP4 192.0.2.7 192.0.2.1 40000 9030\r\n".utf8)
    private static let binaryHeader: [UInt8] =
        [
            0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0,
            12,
        ] + [192, 0, 2, 7, 192, 0, 2, 1, 0x9C, 0x40, 0x23, 0x46]
    private static let trustedHeader = Array("PROXY TCP4 10.0.0.1 192.0.2.1 1 2\r\n".utf8)

    private static func policy(_ mode: AcceptProxyProtocol.Mode) -> HeaderPolicy {
        let trusted = CIDRBlock(containing: balancer.ip, prefixLength: 32)
        return HeaderPolicy(AcceptProxyProtocol(mode: mode, trusted: [trusted]))
    }

    /// How a connection fared.
    private enum Outcome: Equatable {
        /// What reached the backend, and as whose.
        case passed([UInt8], client: String)
        case refused(DenialReason)
        /// Every byte is held still, and none was let through.
        case held
        case left
    }

    /// One thing that a client does.
    private enum Act { case send([UInt8]), pause, end }

    /// Plays a connection as the shard does, with a policy that admits everyone.
    private static func play(_ acts: [Act], mode: AcceptProxyProtocol.Mode) -> Outcome {
        var player = Player(policy(mode), from: balancer)
        for act in acts where player.outcome == nil { player.play(act) }
        if let outcome = player.outcome { return outcome }
        return player.passed.isEmpty ? .held : .passed(player.passed, client: player.client)
    }

    private struct Player {
        let policy: HeaderPolicy
        let peer: SocketAddress
        var lifecycle: Lifecycle
        var client = ""
        var passed: [UInt8] = []
        var outcome: Outcome?

        init(_ policy: HeaderPolicy, from peer: SocketAddress) {
            self.policy = policy
            self.peer = peer
            let header = ProxyHeaderPrologue(from: peer, policy: policy, needsEndpoint: false)
            lifecycle = Lifecycle(FirstBytes([header, ForgedHeaderGuard()]))
            perform(lifecycle.begin(), [])
        }

        mutating func play(_ act: Act) {
            switch act {
            case .send(let bytes) where bytes.isEmpty: break
            case .send(let bytes) where lifecycle.isRelaying: passed += bytes
            case .send(let bytes): perform(lifecycle.receive(bytes.span, from: .client), bytes)
            case .pause: perform(lifecycle.deadlinePassed(), [])
            case .end:
                perform(lifecycle.endOfStream(from: .client), [])
                // The end is read once more after what was held.
                if outcome == nil, lifecycle.phase == .relaying, !lifecycle.isRelaying {
                    perform(lifecycle.endOfStream(from: .client), [])
                }
            }
        }

        private mutating func perform(_ step: borrowing Lifecycle.Step, _ bytes: [UInt8]) {
            passed += step.toBackend
            switch step.action {
            case .judge(let introduction, _): judge(introduction)
            case .dial: perform(lifecycle.dialed(.connected), [])
            case .passOn(let replay): passed += replay.held + bytes[replay.offset...]
            case .deny(let reason, _): outcome = .refused(reason)
            case .end: outcome = .left
            default: break
            }
        }

        private mutating func judge(_ introduction: Introduction) {
            switch policy.identity(of: peer, headers: introduction.proxyHeaders) {
            case .refused(let reason): perform(lifecycle.judged(.denied(reason)), [])
            case .client(_, isForging: true):
                perform(lifecycle.judged(.denied(.unexpectedProxyHeader)), [])
            case .client(let identity, isForging: false):
                client = "\(identity.address.ip)"
                perform(lifecycle.judged(.admitted), [])
            }
        }
    }

    private static let modes = [AcceptProxyProtocol.Mode.required, .optional]

    private static let forgeries =
        [
            "PROXY TCP4 10.9.9.9 192.0.2.1 1 2\r\n", "PROXY  TCP4 10.9.9.9 192.0.2.1 1 2\r\n",
            "PROXY\tTCP4 10.9.9.9 192.0.2.1 1 2\n", "PROXY UNKNOWN\n", "PROXYTCP4",
        ].map { Array($0.utf8) } + [binaryHeader, [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x41, 0x42]]

    @Test(
        "Nothing of a payload that begins like a header is passed on, at every cut and pause",
        arguments: modes,
        forgeries
    )
    func forged(mode: AcceptProxyProtocol.Mode, forgery: [UInt8]) {
        for header in [Self.header, Self.binaryHeader] {
            let bytes = header + forgery + Array("login".utf8)
            for first in 0...bytes.count {
                for second in first...min(bytes.count, first + 12) {
                    for pauses in 0..<4 {
                        var acts = [Act.send(Array(bytes[..<first]))]
                        if pauses & 1 != 0, first >= header.count { acts.append(.pause) }
                        acts.append(.send(Array(bytes[first..<second])))
                        if pauses & 2 != 0, second >= header.count { acts.append(.pause) }
                        acts.append(.send(Array(bytes[second...])))
                        let outcome = Self.play(acts, mode: mode)
                        #expect(isRefused(outcome), "\(first), \(second), \(pauses): \(outcome)")
                    }
                }
            }
        }
    }

    @Test("Nor if the source may omit the header, and pauses in the middle of it")
    func forgedWithoutHeader() {
        for forgery in Self.forgeries {
            for cut in 0...forgery.count {
                let acts = [
                    Act.send(Array(forgery[..<cut])), .pause, .send(Array(forgery[cut...])), .pause,
                    .send(Array("login".utf8)),
                ]
                switch Self.play(acts, mode: .optional) {
                case .refused, .held: break
                case .passed(let bytes, let client):
                    // A whole, valid header of the trusted source is consumed.
                    #expect(bytes == Array("login".utf8) && client != "10.0.0.1", "\(cut)")
                case .left: Issue.record("left after \(cut)")
                }
            }
        }
    }

    @Test(
        "Random payloads that begin like a header are never passed on",
        arguments: SeededGenerator.seeds
    )
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let mode = Self.modes.randomElement(using: &generator) ?? .required
            let beginning = Bool.random(using: &generator) ? "PROXY" : "\r\n\r\n\0"
            var payload = Array(beginning.utf8)
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                let alphabet = Array("PROXY TCP46\r\n\0\t .:0127".utf8)
                payload.append(alphabet.randomElement(using: &generator) ?? 0)
            }
            let outcome = Self.play(
                Self.cut(Self.header, payload, using: &generator),
                mode: mode
            )
            #expect(isRefused(outcome), "seed \(seed): \(payload): \(outcome)")
        }
    }

    /// The bytes in random pieces; pauses only after the header is complete.
    private static func cut(
        _ header: [UInt8],
        _ payload: [UInt8],
        using generator: inout SeededGenerator
    ) -> [Act] {
        let bytes = header + payload
        var acts: [Act] = []
        var sent = 0
        while sent < bytes.count {
            let count = Int.random(in: 1...min(20, bytes.count - sent), using: &generator)
            acts.append(.send(Array(bytes[sent..<sent + count])))
            sent += count
            if sent >= header.count, Bool.random(using: &generator) { acts.append(.pause) }
        }
        return acts
    }

    private func isRefused(_ outcome: Outcome) -> Bool {
        switch outcome {
        case .refused: true
        case .passed, .held, .left: false
        }
    }

    @Test(
        "Harmless bytes are passed on completely, however slowly they come, even before an end",
        arguments: modes,
        ["PROGRESS", "PROPFIND / HTTP/1.1", "\r\n\r\nGET /", "P", "PROX", "x"]
    )
    func harmless(mode: AcceptProxyProtocol.Mode, text: String) {
        let payload = Array(text.utf8)
        for cut in 0...payload.count {
            let acts: [Act] = [
                .send(Self.header + payload[..<cut]), .pause, .send(Array(payload[cut...])), .pause,
                .end,
            ]
            #expect(Self.play(acts, mode: mode) == .passed(payload, client: "192.0.2.7"))
        }
        if mode == .optional {
            let acts: [Act] = [.send(payload), .end]
            #expect(Self.play(acts, mode: mode) == .passed(payload, client: "10.0.0.1"))
        }
    }

    @Test("After the header nothing is awaited: a server that speaks first is dialed")
    func serverFirst() {
        for cut in 0..<Self.header.count {
            var prologue = ProxyHeaderPrologue(
                from: Self.balancer,
                policy: Self.policy(.required),
                needsEndpoint: false
            )
            if cut > 0 {
                let part = Array(Self.header[..<cut])
                let step = prologue.receive(part.span)
                #expect(step == .more())
            }
            let rest = Array(Self.header[cut...]) + Array("PRO".utf8)
            guard
                case .decided(.proxyHeaders(let headers)?, let replay) = prologue.receive(rest.span)
            else {
                Issue.record("waits after \(cut)")
                continue
            }
            #expect(headers.count == 1)
            #expect(replay == Replay(held: Array("PRO".utf8), offset: rest.count))
        }
    }

    @Test("A header in the name of a trusted source is followed by the next one, however it is cut")
    func chain() {
        let bytes = Self.trustedHeader + Self.header + Array("payload".utf8)
        for cut in 0...bytes.count where cut != Self.trustedHeader.count {
            let acts: [Act] = [.send(Array(bytes[..<cut])), .send(Array(bytes[cut...]))]
            #expect(
                Self.play(acts, mode: .required)
                    == .passed(Array("payload".utf8), client: "192.0.2.7"),
                "\(cut)"
            )
        }
    }

    @Test("A source that must send a header and has not done so in time is denied")
    func deadline() {
        for count in 0..<Self.header.count {
            let acts: [Act] = [.send(Array(Self.header[..<count])), .pause]
            #expect(Self.play(acts, mode: .required) == .refused(.proxyHeaderTimeout))
        }
        #expect(
            Self.play([.pause, .send([1])], mode: .optional) == .passed([1], client: "10.0.0.1")
        )
        #expect(Self.play([.end], mode: .required) == .left)
    }
}
