import Credentials
import GRDB
package import Time

/// What names a request, so that a repetition is recognized.
package struct RequestIdentity: Hashable, Sendable {
    /// Who sends it: two clients may use one id.
    package var principal: String
    /// The `RequestId`.
    package var id: String
    /// SHA-256 of all that it asks for.
    package var fingerprint: [UInt8]

    /// - Parameter content: method, path, query and body.
    package init(principal: String, id: String, content: [UInt8]) {
        self.principal = principal
        self.id = id
        fingerprint = Digest.sha256(content)
    }
}

/// An answer, as a repetition of its request gets it.
package struct StoredAnswer: Hashable, Sendable {
    /// An HTTP status.
    package var status: Int
    /// JSON, without secrets.
    package var body: String

    package init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}

/// A write's value that has an answer to store.
package protocol AnsweredWrite: Sendable {
    var storedAnswer: StoredAnswer? { get }
}

/// What is known of a request.
package enum KnownRequest: Hashable, Sendable {
    case new
    case answered(StoredAnswer)
    /// Its id was used for another request.
    case otherContent
}

/// How answers are kept for repeated requests.
enum AnswerRows {
    /// How long a request is remembered, in seconds.
    private static let lifetime: Int64 = 86_400

    static func write(
        _ answer: StoredAnswer,
        for request: RequestIdentity,
        at now: UnixTime,
        to database: Database
    ) throws {
        let fingerprint = request.fingerprint.hexadecimal
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO answer
                (principal, requestID, fingerprint, status, body, at, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                request.principal, request.id, fingerprint, answer.status, answer.body,
                now.seconds, checksum(of: answer, fingerprint, for: request, at: now.seconds),
            ]
        )
        try removeOld(at: now, from: database)
    }

    private static func checksum(
        of answer: StoredAnswer,
        _ fingerprint: String,
        for request: RequestIdentity,
        at seconds: Int64
    ) -> Int64 {
        RowChecksum.of(
            "answer",
            [
                .text(request.principal), .text(request.id), .text(fingerprint),
                .integer(answer.status), .text(answer.body), .number(seconds),
            ]
        )
    }

    private static func removeOld(at now: UnixTime, from database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM answer WHERE (principal, requestID) IN
                (SELECT principal, requestID FROM answer WHERE at < ? ORDER BY at LIMIT 16)
                """,
            arguments: [now.seconds - lifetime]
        )
    }

    static func find(_ request: RequestIdentity, at now: UnixTime, in database: Database) throws
        -> KnownRequest
    {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT fingerprint, status, body, at, checksum FROM answer
                WHERE principal = ? AND requestID = ? AND at >= ?
                """,
            arguments: [request.principal, request.id, now.seconds - lifetime]
        )
        guard let row else { return .new }
        let fingerprint: String = try row.value(0)
        let answer = StoredAnswer(status: try row.value(1), body: try row.value(2))
        let sum = checksum(of: answer, fingerprint, for: request, at: try row.value(3))
        guard try row.value(4) == sum else {
            throw DamagedRow(table: "answer", reason: "checksum mismatch")
        }
        guard fingerprint == request.fingerprint.hexadecimal else { return .otherContent }
        return .answered(answer)
    }
}

extension PolicyStore {
    /// Looks a request up among those of the last day. Blocks for a moment.
    package func find(_ request: RequestIdentity, at now: UnixTime) throws(StoreError)
        -> KnownRequest
    {
        do {
            return try pool.read { try AnswerRows.find(request, at: now, in: $0) }
        } catch {
            throw Self.error(error, path)
        }
    }
}
