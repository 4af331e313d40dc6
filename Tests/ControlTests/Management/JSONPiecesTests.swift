import Foundation
import Operations
import Testing

@testable import Control

@Suite("JSON written in pieces")
struct JSONPiecesTests {
    private func pieces(_ members: [JSONMember]) async throws -> [String] {
        var pieces: [String] = []
        try await JSONPieces(members: members).write { pieces.append($0) }
        return pieces
    }

    @Test("Together they equal the output of an encoder", arguments: [0, 1, 255, 256, 257, 1_000])
    func whole(count: Int) async throws {
        let list = SessionList(sessions: Session.many(count), total: count + 7)
        let pieces = try await pieces([
            .list("sessions", list.sessions), .number("total", list.total),
        ])
        let text = Data(pieces.joined().utf8)
        #expect(try JSONDecoder().decode(SessionList.self, from: text) == list)
        // A slice's text is never far beyond that of its elements.
        #expect(pieces.allSatisfy { $0.utf8.count < 256 * 400 + 100 })
    }
}
