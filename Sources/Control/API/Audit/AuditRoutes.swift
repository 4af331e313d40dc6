import FoundationEssentials
import Hummingbird
import NIOCore
import Settings
import Store
import Text
import Time

/// The calls for the audit, and for backups.
struct AuditRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, "/v1/audit", .administer, .organization) { try await list($0) }
        api.on(.get, "/v1/audit/export", .administer, .organization) { try await export($0) }
        api.on(.get, "/v1/audit/verify", .administer, .organization) { try await verify($0) }
        api.on(.get, "/v1/backup", .administer, .organization) { try await backUp($0) }
    }

    private static let filters: Set = ["warehouse", "actor", "action", "since", "until"]

    private func filter(_ call: APICall, beside others: Set<String>) async throws -> AuditFilter {
        try call.allowParameters(Self.filters.union(others))
        var filter = AuditFilter()
        filter.warehouse = try await warehouse(call)
        filter.actor = try call.request.parameter("actor")
        filter.action = try action(call)
        filter.since = try call.moment("since")
        filter.until = try call.moment("until")
        return filter
    }

    /// A warehouse of the configuration, or one that was removed and has records. For any other, an
    /// empty answer would hide a slip.
    private func warehouse(_ call: APICall) async throws -> String? {
        let topology = api.gateway.topology
        guard let id = try call.request.parameter("warehouse"),
            !topology.warehouses.contains(where: { $0.id == id })
        else { return try call.request.parameter("warehouse") }
        let store = try writes.writer.requireStore()
        var ofIt = AuditFilter()
        ofIt.warehouse = id
        let isRecorded = try await BlockingWork.run { [ofIt] in
            try !store.audit(after: 0, matching: ofIt, limit: 1).isEmpty
        }
        guard isRecorded else {
            throw RequestError.unknownWarehouse(id, of: call.principal, in: topology)
        }
        return id
    }

    /// An empty answer would hide a slip.
    private func action(_ call: APICall) throws -> String? {
        guard let action = try call.request.parameter("action") else { return nil }
        guard AuditActions.isKnown(action) else {
            throw RequestError.invalid(
                "action",
                "unknown action \(action.quoted) (\(AuditActions.advice(for: action)))"
            )
        }
        return action
    }

    private func list(_ call: APICall) async throws -> Response {
        let filter = try await filter(call, beside: ["page", "size"])
        let page = try PageRequest(call.request)
        let store = try writes.writer.requireStore()
        let (records, total) = try await BlockingWork.run {
            try store.audit(matching: filter, offset: page.offset, limit: page.size)
        }
        return try call.answer(records.map(AuditRecordView.init), page, total: total)
    }

    private func verify(_ call: APICall) async throws -> Response {
        struct View: Encodable {
            let count: Int64
            let head: String
            let valid: Bool
            let firstInvalid: Int64?
        }
        try call.allowParameters([])
        let store = try writes.writer.requireStore()
        let result = try await BlockingWork.run { try store.verifyAudit() }
        return try call.answer(
            View(
                count: result.count,
                head: result.head,
                valid: result.valid,
                firstInvalid: result.firstInvalid
            )
        )
    }

    /// JSON lines: a record each, the oldest first, streamed.
    private func export(_ call: APICall) async throws -> Response {
        let filter = try await filter(call, beside: [])
        let store = try writes.writer.requireStore()
        AnswerPace.streamed.apply(to: call.context.channel)
        let body = ResponseBody { writer in
            var last: Int64 = 0
            while true {
                let records = try await BlockingWork.run { [last] in
                    try store.audit(after: last, matching: filter, limit: 500)
                }
                guard let end = records.last else { break }
                last = end.record.number
                let lines = try records.map { try JSONText.of(AuditRecordView(chained: $0)) }
                try await writer.write(ByteBuffer(string: lines.joined()))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: .uncached("application/x-ndjson"), body: body)
    }

    /// A consistent copy of the store, streamed.
    private func backUp(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        let store = try writes.writer.requireStore()
        // Making the copy can take a while too.
        AnswerPace.streamed.apply(to: call.context.channel)
        let file = "\(store.path).backup-\(UUID().uuidString)"
        try await BlockingWork.run { try store.backUp(to: file) }
        let handle: BackupFile
        do {
            handle = try BackupFile(file)
        } catch {
            throw StoreError.unusable(path: file, reason: "\(error)")
        }
        let body = ResponseBody { writer in
            while true {
                let piece = try await BlockingWork.run { try handle.read() }
                if piece.isEmpty { break }
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: .uncached("application/vnd.sqlite3"),
            body: body
        )
    }
}

/// A record as the API shows it.
struct AuditRecordView: Encodable {
    let chained: ChainedRecord

    private enum CodingKeys: CodingKey { case hash }

    func encode(to encoder: any Encoder) throws {
        try chained.record.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(chained.hash, forKey: .hash)
    }
}
