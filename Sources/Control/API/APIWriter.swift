import FoundationEssentials
import HTTPTypes
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Synchronization
import Text
import Time

/// What a write answers with.
struct WriteAnswer: Sendable {
    var status = HTTPResponse.Status.ok
    /// The members of `data`.
    var members: [String: JSONValue] = [:]
    /// What the sender should know.
    var warnings: [String] = []
    /// Why the sender has to confirm the write.
    var needsConfirmation: [String] = []
    /// Those of the members that are shown once: a repeated request does not get them.
    var secrets: Set<String> = []
    /// The version of the list that the write is about, before it: what a dry run has seen binds the
    /// write that follows.
    var seenVersion: UInt64?

    init(_ members: [String: JSONValue] = [:], status: HTTPResponse.Status = .ok) {
        self.members = members
        self.status = status
    }

    init(_ key: String, _ value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        self.init([key: try JSONValue(encoding: value)], status: status)
    }
}

/// Makes the writes of the API: each once for each `RequestId`, recorded, and answered when it is on
/// disk and obeyed.
struct APIWriter: Sendable {
    /// What a write may ask of its sender before it is made.
    enum Confirmation {
        /// A change that would cut off the sender's own address, or open a warehouse to the world.
        case ofDanger
        /// None: its very purpose is what one would ask about. It can be tried first.
        case implied
        /// None: calls of the contract, whose clients cannot confirm.
        case none
    }

    typealias Notes = @Sendable ([String: JSONValue]) -> [String]

    let gateway: any ManagedGateway
    let writer: PolicyWriter
    let rates: WriteRates
    var metrics = ManagementMetrics()
    let requests = InFlightRequests()

    /// Makes a write.
    ///
    /// - Parameters:
    ///   - body: of the request, as part of what makes it the same.
    ///   - notes: further warnings about the answer's members, once the change is enforced; also of a
    ///     repetition.
    ///   - change: makes the change in a transaction.
    func write(
        _ call: APICall,
        _ body: [UInt8] = [],
        _ confirmation: Confirmation = .ofDanger,
        notes: @escaping Notes = { _ in [] },
        _ change: @escaping @Sendable (inout StoreTransaction) throws -> WriteAnswer
    ) async throws -> Response {
        do {
            try rates.admit(call.principal.id, call.principal.role == .lease ? .lease : .ordinary)
        } catch {
            metrics.recordRateLimit()
            throw error
        }
        try await call.awaitBody()
        // Also of a dry run, which does not need it.
        _ = try call.identity(body)
        guard confirmation != .none else {
            return try await commit(call, body, notes) { [principal = call.principal] transaction in
                try principal.check(by: transaction)
                let answer = try change(&transaction)
                return Outcome(answer)
            }
        }
        let isConfirmed = try call.flag("confirm") || confirmation == .implied
        let isDryRun = try call.flag("dryRun")
        let inspector = EffectInspector(
            topology: gateway.topology,
            configured: writer.configured,
            sender: call.principal,
            sessions: await gateway.sessions(matching: SessionFilter(), limit: 100_000).sessions
        )
        let guarded: @Sendable (inout StoreTransaction) throws -> Outcome = {
            [principal = call.principal] transaction in
            try principal.check(by: transaction)
            let before = transaction.policy
            var answer = try change(&transaction)
            var effect = inspector.effect(of: before, transaction.policy, isDryRun: isDryRun)
            if isDryRun { effect.version = answer.seenVersion ?? before.revision.number }
            effect.warnings += answer.warnings
            effect.needsConfirmation += answer.needsConfirmation
            guard isConfirmed || isDryRun || effect.needsConfirmation.isEmpty else {
                throw ConfirmationRequired(reasons: effect.needsConfirmation)
            }
            // It was confirmed.
            if !isDryRun { effect.needsConfirmation = [] }
            answer.members["effect"] = try JSONValue(encoding: effect)
            return Outcome(answer)
        }
        return isDryRun
            ? try await preview(call, guarded) : try await commit(call, body, notes, guarded)
    }

    /// An answer and its form for a repetition.
    private struct Outcome: AnsweredWrite {
        let answer: WriteAnswer

        init(_ answer: WriteAnswer) {
            self.answer = answer
        }

        var storedAnswer: StoredAnswer? {
            let members = answer.members.filter { !answer.secrets.contains($0.key) }
            // `try?`: values that came from JSON can be written as JSON. Without a stored answer, a
            // repetition is a new request.
            guard let body = try? JSONText.of(JSONValue.object(members)) else { return nil }
            return StoredAnswer(status: answer.status.code, body: body)
        }
    }
}

extension APIWriter {
    private func commit(
        _ call: APICall,
        _ body: [UInt8],
        _ notes: Notes,
        _ change: @escaping @Sendable (inout StoreTransaction) throws -> Outcome
    ) async throws -> Response {
        guard let identity = try call.identity(body) else {
            let written = try await writer.write(by: call.principal.auditActor, change)
            return try response(call, written.value.answer, notes)
        }
        switch requests.begin(identity) {
        case .sameInFlight: return try call.answer(InFlight(), status: .accepted)
        case .otherInFlight: throw RequestError.idempotencyConflict
        case .begun: break
        }
        defer { requests.end(identity) }
        switch try await known(identity) {
        case .answered(let stored):
            try await writer.enforceStored()
            metrics.recordRepeat()
            return try response(call, stored, notes)
        case .otherContent: throw RequestError.idempotencyConflict
        case .new: break
        }
        let written = try await writer.write(
            by: call.principal.auditActor,
            answering: identity,
            change
        )
        return try response(call, written.value.answer, notes)
    }

    private struct InFlight: Encodable {
        let status = "in progress"
    }

    private func known(_ identity: RequestIdentity) async throws -> KnownRequest {
        guard let store = writer.store else { return .new }
        return try store.find(identity, at: .systemTime)
    }

    /// What the write would do.
    private func preview(
        _ call: APICall,
        _ change: @escaping @Sendable (inout StoreTransaction) throws -> Outcome
    ) async throws -> Response {
        _ = try call.identity([])
        let written = try await writer.write(
            by: call.principal.auditActor,
            isDryRun: true,
            change
        )
        var answer = written.value.answer
        // What is thrown away has none.
        for secret in answer.secrets { answer.members[secret] = nil }
        answer.status = .ok
        return try response(call, answer) { _ in [] }
    }

    private func response(_ call: APICall, _ answer: WriteAnswer, _ notes: Notes) throws -> Response
    {
        try response(call, answer.members, answer.status, notes)
    }

    private func response(_ call: APICall, _ stored: StoredAnswer, _ notes: Notes) throws
        -> Response
    {
        let data = try JSONDecoder().decode(JSONValue.self, from: Data(stored.body.utf8))
        guard case .object(let members) = data else { return try call.answer() }
        return try response(call, members, HTTPResponse.Status(code: stored.status), notes)
    }

    private func response(
        _ call: APICall,
        _ members: [String: JSONValue],
        _ status: HTTPResponse.Status,
        _ notes: Notes
    ) throws -> Response {
        guard !members.isEmpty || status != .ok else { return try call.answer() }
        var members = members
        if case .object(var effect)? = members["effect"] {
            let warnings = effect["warnings"]?.array ?? []
            effect["warnings"] = .array(warnings + notes(members).map(JSONValue.string))
            members["effect"] = .object(effect)
        }
        return try call.answer(JSONValue.object(members), status: status)
    }
}

extension Principal {
    /// Refuses a request whose key or login was revoked or changed while its body was arriving.
    func check(by transaction: StoreTransaction) throws {
        let revocation = revocation(
            keys: transaction.keyring,
            accounts: transaction.accounts,
            sessions: transaction.sessions,
            at: transaction.now
        )
        if let revocation { throw RequestError.revoked(revocation) }
    }

    /// The same for a request that is no write of the store.
    func check(by store: PolicyStore?) throws {
        guard let store else { return }
        let revocation = revocation(
            keys: store.keyring,
            accounts: store.accounts,
            sessions: store.sessions,
            at: .systemTime
        )
        if let revocation { throw RequestError.revoked(revocation) }
    }
}

extension RequestError {
    fileprivate static func revoked(_ revocation: String) -> RequestError {
        RequestError(
            .unauthorized,
            "Unauthorized.InvalidApiKey",
            "Nothing was done: while the request was arriving, \(revocation)."
        )
    }

    static let idempotencyConflict = RequestError(
        .conflict,
        "IdempotencyConflict",
        "This RequestId was used for another request (use a new UUID for each request)."
    )
}

/// A write that its sender must confirm.
struct ConfirmationRequired: Error {
    let reasons: [String]
}

extension APICall {
    private static let requestIDField = HTTPField.Name("RequestId")

    /// What the request is known by; `nil` without a `RequestId`.
    func identity(_ body: [UInt8]) throws -> RequestIdentity? {
        guard let text = Self.requestIDField.flatMap({ request.headers[$0] }) else { return nil }
        guard let id = UUID(uuidString: text) else {
            throw RequestError.invalid("RequestId", "expected a UUID, found \(text.quoted)")
        }
        let head = "\(request.method.rawValue) \(request.uri.string)\n"
        return RequestIdentity(
            principal: principal.id,
            id: id.uuidString.lowercased(),
            content: Array(head.utf8) + body
        )
    }
}

// MARK: - Requests in flight

/// The requests with a `RequestId` that are being answered.
final class InFlightRequests: Sendable {
    enum Beginning {
        case begun, sameInFlight, otherInFlight
    }

    private struct Key: Hashable {
        let principal: String
        let id: String

        init(_ identity: RequestIdentity) {
            principal = identity.principal
            id = identity.id
        }
    }

    private let fingerprints = Mutex<[Key: [UInt8]]>([:])

    func begin(_ identity: RequestIdentity) -> Beginning {
        fingerprints.withLock { known in
            let key = Key(identity)
            guard let other = known[key] else {
                known[key] = identity.fingerprint
                return .begun
            }
            return other == identity.fingerprint ? .sameInFlight : .otherInFlight
        }
    }

    func end(_ identity: RequestIdentity) {
        fingerprints.withLock { $0[Key(identity)] = nil }
    }
}

// MARK: - Rates

/// Limits the writes of each key: far above what people and Terraform send, since some clients cannot
/// repeat a write that was refused.
final class WriteRates: Sendable {
    struct Rate {
        var perSecond: Double
        var burst: Double

        static let ordinary = Rate(perSecond: 200, burst: 400)
        /// Tests of webhooks: each makes a connection.
        static let test = Rate(perSecond: 2, burst: 20)
        /// Of keys that are given to many jobs: each renewal stays in the audit.
        static let lease = Rate(perSecond: 2, burst: 20)
    }

    private static let keyLimit = 10_000

    private struct Bucket {
        var tokens: Double
        var refilled: ContinuousClock.Instant
    }

    private let buckets = Mutex<[String: Bucket]>([:])

    /// - Throws: if a key has written too often.
    func admit(
        _ key: String,
        _ rate: Rate = .ordinary,
        at now: ContinuousClock.Instant = .now
    ) throws {
        let isAdmitted = buckets.withLock { buckets in
            if buckets.count > Self.keyLimit { buckets = [:] }
            var bucket = buckets[key] ?? Bucket(tokens: rate.burst, refilled: now)
            let seconds = (now - bucket.refilled) / .seconds(1)
            if seconds > 0 {
                bucket.tokens = min(rate.burst, bucket.tokens + seconds * rate.perSecond)
                bucket.refilled = now
            }
            defer { buckets[key] = bucket }
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
        guard isAdmitted else {
            throw RequestError(
                .tooManyRequests,
                "RateLimitExceeded",
                "More than \(Int(rate.perSecond)) writes per second (try again in a second)."
            )
        }
    }
}
