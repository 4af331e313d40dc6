import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import ServiceLifecycle
import Settings
import Store
import Text

/// `GET /v1/events`: what happens, as server-sent events.
struct EventRoutes: Sendable {
    static let contentType = "text/event-stream"
    /// How long a client waits before it connects again, in milliseconds.
    private static let retry = 3_000
    /// Changes that are read from the store at a time.
    private static let batch = 50

    let api: APIRouter
    let hub: EventHub
    let writer: PolicyWriter

    func add() {
        api.on(.get, "/v1/events", .read, .filtered) { try await events($0) }
    }

    private func events(_ call: APICall) async throws -> Response {
        let subscription = try subscription(of: call)
        var headers = HTTPFields.uncached(Self.contentType)
        // nginx would keep events until its buffer is full.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        guard call.request.method != .head else {
            return Response(status: .ok, headers: headers)
        }
        let stream: EventStream
        do throws(StreamPlaces.Refusal) {
            stream = try hub.open(subscription, on: call.context.channel)
        } catch {
            throw RequestError(error)
        }
        let body = ResponseBody { [hub, writer] writing in
            try await withGracefulShutdownHandler {
                try await Self.write(stream, to: &writing, from: writer, hub)
            } onGracefulShutdown: {
                stream.end(.reason("the gateway is stopping"))
            }
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func subscription(of call: APICall) throws -> EventStream.Subscription {
        try call.allowParameters(["types", "warehouse"])
        let principal = call.principal
        let warehouse = try api.wantedWarehouse(call)
        return EventStream.Subscription(
            principal: principal,
            kinds: try kinds(call),
            warehouse: warehouse,
            lastChange: try lastEventID(call)
        )
    }

    /// Without `types`, all that the sender may see.
    private func kinds(_ call: APICall) throws -> Set<EventKind> {
        let maySeeChanges = call.principal.maySeeAudit && writer.store != nil
        guard let text = try call.request.parameter("types") else {
            return Set(EventKind.allCases).subtracting(maySeeChanges ? [] : [.changes])
        }
        let kinds = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let kind = EventKind(rawValue: String(word)) else {
                let known = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw RequestError.invalid(
                    "types",
                    "expected some of \(known), separated by commas, found \(String(word).quoted)"
                )
            }
            return kind
        }
        if kinds.contains(.changes) {
            guard call.principal.maySeeAudit else {
                throw RequestError(
                    .forbidden,
                    "Forbidden",
                    "Changes are for keys with the administer role and for all warehouses; leave out"
                        + " changes."
                )
            }
            _ = try writer.requireStore()
        }
        return Set(kinds)
    }

    private func lastEventID(_ call: APICall) throws -> Int64? {
        guard let name = HTTPField.Name("Last-Event-ID"), let text = call.request.headers[name],
            !text.isEmpty
        else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw RequestError.invalid("Last-Event-ID", "expected the id of an event of changes")
        }
        return number
    }
}

// MARK: - Writing

extension EventRoutes {
    private static func write(
        _ stream: EventStream,
        to writing: inout any ResponseBodyWriter,
        from writer: PolicyWriter,
        _ hub: EventHub
    ) async throws {
        var lastChange = stream.subscription.lastChange ?? 0
        try await put("retry: \(retry)\n\n", stream, &writing)
        for await _ in stream.wakes {
            steps: while true {
                switch stream.nextStep() {
                case .text(let text): try await put(text, stream, &writing)
                case .wait: break steps
                case .changes:
                    while stream.ending == nil,
                        let (changes, last) = try await changes(
                            after: lastChange,
                            for: stream.subscription,
                            in: writer.store
                        )
                    {
                        lastChange = last
                        if !changes.isEmpty {
                            try await put(changes.joined(), stream, &writing)
                            for _ in changes { hub.record(.changes, isSent: true) }
                        }
                    }
                }
            }
        }
        if case .reason(let reason)? = stream.ending {
            let data = try JSONText.of(["reason": reason])
            try await put(StreamEvent("end", data: data).text, stream, &writing)
        }
        try await writing.finish(nil)
        // What was written last still has to leave.
        stream.close(after: EventHub.stopPatience)
    }

    private static func put(
        _ text: String,
        _ stream: EventStream,
        _ writing: inout any ResponseBodyWriter
    ) async throws {
        stream.beginWrite()
        defer { stream.endWrite() }
        try await writing.write(ByteBuffer(string: text))
    }

    /// The next changes, as text: the store keeps them, so none is lost, however slow the client.
    ///
    /// - Returns: `nil` if there are no further ones; otherwise also the number to continue after.
    private static func changes(
        after last: Int64,
        for subscription: EventStream.Subscription,
        in store: PolicyStore?
    ) async throws -> (texts: [String], last: Int64)? {
        guard subscription.kinds.contains(.changes), let store else { return nil }
        let newest = store.auditNumber
        guard newest > last else { return nil }
        var filter = AuditFilter()
        filter.warehouse = subscription.warehouse
        let records = try await BlockingWork.run { [filter] in
            try store.audit(after: last, matching: filter, limit: batch)
        }
        let texts = try records.map { chained in
            StreamEvent(
                EventKind.changes.rawValue,
                id: chained.record.number,
                data: try JSONText.of(AuditRecordView(chained: chained))
            ).text
        }
        let lastRead = records.last?.record.number ?? 0
        return (texts, records.count < batch ? max(newest, lastRead) : lastRead)
    }
}

extension Principal {
    /// The audit has what happens to all warehouses, and to keys.
    var maySeeAudit: Bool { role.allows(.administer) && warehouses == nil }
}

extension RequestError {
    fileprivate init(_ refusal: StreamPlaces.Refusal) {
        switch refusal {
        case .full(let limit):
            self.init(
                .tooManyRequests,
                "TooManyStreams",
                "A key may have \(limit) streams of events open (close one)."
            )
        case .allFull(let limit):
            self.init(
                .serviceUnavailable,
                "TooManyStreams",
                "All \(limit) streams of events are in use (try again later)."
            )
        case .closed:
            self.init(.serviceUnavailable, "Stopping", "The gateway is stopping.")
        }
    }
}
