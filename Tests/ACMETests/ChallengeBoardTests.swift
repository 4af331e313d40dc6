import Synchronization
import Testing

@testable import ACME

@Suite("Published answers")
struct ChallengeBoardTests {
    @Test("An answer is found by token or name while it is published, and not otherwise")
    func lookUp() async throws {
        let board = ChallengeBoard()
        let all: [PublishedChallenge] = [
            .http(token: "t", keyAuthorization: "t.x"),
            .tlsALPN(name: "a.example", certificatePEM: "c", keyPEM: "k"),
            .dns(name: "_acme-challenge.a.example", value: "1"),
            .dns(name: "_acme-challenge.a.example", value: "2"),
        ]
        for challenge in all { try await board.publish(challenge) }
        #expect(board.keyAuthorization(of: "t") == "t.x" && board.keyAuthorization(of: "T") == nil)
        #expect(board.pair(for: "A.example") == .init(certificatePEM: "c", keyPEM: "k"))
        #expect(board.pair(for: "b.example") == nil)
        #expect(board.texts(of: "_ACME-challenge.a.example") == ["1", "2"])
        for challenge in all { await board.withdraw(challenge) }
        #expect(board.keyAuthorization(of: "t") == nil && board.pair(for: "a.example") == nil)
        #expect(board.texts(of: "_acme-challenge.a.example") == [])
    }

    @Test("Whoever shows answers is given all of them, after each change, and may refuse")
    func changes() async throws {
        struct Refused: Error {}
        let counts = Mutex<[Int]>([])
        let board = ChallengeBoard { published in
            counts.withLock { $0.append(published.count) }
            if published.count > 1 { throw Refused() }
        }
        try await board.publish(.dns(name: "a", value: "1"))
        await #expect(throws: Refused.self) {
            try await board.publish(.dns(name: "a", value: "2"))
        }
        await board.withdraw(.dns(name: "a", value: "2"))
        await board.withdraw(.dns(name: "a", value: "1"))
        #expect(counts.withLock { $0 } == [1, 2, 1, 0])
    }
}
