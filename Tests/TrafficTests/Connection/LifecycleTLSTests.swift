import Policy
import TestInputs
import Testing

@testable import Traffic

@Suite("TLS in a connection's life")
struct LifecycleTLSTests {
    private static let hello: [UInt8] = [22, 3, 1, 0, 5, 1, 2, 3, 4, 5]
    private static let session = TLSSession(
        version: .tls13,
        cipher: "TLS_AES_128_GCM_SHA256",
        serverName: "a.gw.example"
    )

    private static func lifecycle(isRequired: Bool = true) -> Lifecycle {
        Lifecycle(
            FirstBytes([TLSPrologue(isRequired: isRequired), ForgedHeaderGuard()])
        )
    }

    /// The first bytes that were handed to TLS; `nil` if it was not begun.
    private static func held(_ step: borrowing Lifecycle.Step) -> [UInt8]? {
        guard case .startTLS(.client, let held) = step.action else { return nil }
        return held
    }

    @Test("A ClientHello goes to TLS whole, and the plaintext is guarded again")
    func handshake() {
        var lifecycle = Self.lifecycle()
        _ = lifecycle.begin()
        let step = lifecycle.receive(Self.hello.span, from: .client)
        #expect(Self.held(step) == Self.hello)
        #expect(step.deadline == .handshake)
        #expect(lifecycle.phase == .securing)
        #expect(!lifecycle.looksAtBytes(from: .client))
        let next = lifecycle.secured(.client, Self.session)
        guard case .judge(let introduction, isForged: false) = next.action else {
            Issue.record("not judged")
            return
        }
        #expect(introduction.tlsSession?.serverName == "a.gw.example")
        #expect(introduction.tlsSession === Self.session)
        _ = lifecycle.judged(.admitted)
        _ = lifecycle.dialed(.connected)
        let forged = Array("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".utf8)
        let denied = lifecycle.receive(forged.span, from: .client)
        guard case .deny(.unexpectedProxyHeader, _) = denied.action else {
            Issue.record("a forged header inside TLS was let through")
            return
        }
    }

    @Test("Where TLS is required, another first byte is denied; where it is offered, it passes")
    func plain() {
        let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        var strict = Self.lifecycle()
        _ = strict.begin()
        let denial = strict.receive(request.span, from: .client)
        guard case .deny(.tlsRequired, _) = denial.action else {
            Issue.record("not denied")
            return
        }
        var lenient = Self.lifecycle(isRequired: false)
        _ = lenient.begin()
        let step = lenient.receive(request.span, from: .client)
        guard case .judge = step.action else {
            Issue.record("not judged")
            return
        }
    }

    @Test("A handshake that fails, ends or takes too long is denied without words")
    func failures() {
        for event in 0..<2 {
            var lifecycle = Self.lifecycle()
            _ = lifecycle.begin()
            _ = lifecycle.receive(Self.hello.span, from: .client)
            let step =
                event == 0
                ? lifecycle.secureFailed(.client, detail: "no shared cipher")
                : lifecycle.deadlinePassed()
            guard case .deny(let reason, _) = step.action else {
                Issue.record("not denied")
                continue
            }
            #expect(reason == (event == 0 ? .badTLSHandshake : .tlsHandshakeTimeout))
            let end = lifecycle.refuse(.words([1, 2, 3]))
            #expect(end.toClient.isEmpty)
            guard case .end(.denied, byReset: false) = end.action else {
                Issue.record("not ended")
                continue
            }
        }
    }

    /// Never decides.
    private struct Undecided: Prologue {
        mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep { .more() }
        mutating func endOfStream() -> PrologueStep { .left(isProbe: false) }
        mutating func deadlinePassed() -> PrologueStep { .more() }
    }

    @Test("A prologue that decides nothing in its time does not hold the connection")
    func undecided() {
        var lifecycle = Lifecycle(FirstBytes([Undecided()]))
        _ = lifecycle.begin()
        let step = lifecycle.deadlinePassed()
        guard case .deny(.proxyHeaderTimeout, _) = step.action else {
            Issue.record("not denied")
            return
        }
    }

    @Test("A client that sends nothing was too slow")
    func silence() {
        var lifecycle = Self.lifecycle()
        _ = lifecycle.begin()
        let step = lifecycle.deadlinePassed()
        guard case .deny(.tlsHandshakeTimeout, _) = step.action else {
            Issue.record("not denied")
            return
        }
    }
}
