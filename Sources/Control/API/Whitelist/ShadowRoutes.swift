import Addresses
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The calls for a warehouse's listeners, and their shadow mode: what the whitelist would deny is
/// recorded, not denied.
struct ShadowRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        let path = "/v1/warehouses/{warehouse}/listeners"
        let shadow = "\(path)/{listener}/shadow"
        api.on(.get, path, .read, .warehouse) { call in
            try call.allowParameters([])
            return try call.answer(views(of: try call.warehouse))
        }
        api.onChange(.put, shadow, .administer, .warehouse) { try await start($0) }
        api.onChange(.delete, shadow, .administer, .warehouse) { try await end($0) }
    }
}

/// A listener as the API shows it.
struct ListenerView: Encodable, Sendable {
    let listener: String
    let `protocol`: ServiceProtocol
    let link: LinkKind
    let accepted: UInt64
    let admitted: UInt64
    /// Of those admitted: by shadow mode alone.
    let shadowed: UInt64
    let denied: UInt64
    let shadowUntil: UnixTime?

    init(_ status: ListenerStatus, at now: UnixTime) {
        listener = status.address
        self.protocol = status.protocol
        link = status.link
        accepted = status.accepted
        admitted = status.admitted
        shadowed = status.shadowed
        denied = status.denied.values.reduce(0, &+)
        shadowUntil = status.shadowUntil.flatMap { $0 > now ? $0 : nil }
    }
}

private struct ShadowStart: APIBody {
    static let fields = ["until"]
    var until: String
}

extension ShadowRoutes {
    private static let writeParameters: Set = ["confirm", "dryRun"]

    private func views(of id: String) -> [ListenerView] {
        api.gateway.status().listeners.filter { $0.warehouse == id }
            .map { ListenerView($0, at: .systemTime) }
    }

    private func start(_ call: APICall) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let body = try call.decode(ShadowStart.self, from: bytes)
        guard let end = try EntryField.moment(body.until, "until") else {
            throw RequestError.invalid("until", "expected a time")
        }
        return try await set(call, bytes, until: end)
    }

    private func end(_ call: APICall) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        return try await set(call, try await call.bytes(), until: nil)
    }

    private func set(_ call: APICall, _ bytes: [UInt8], until end: UnixTime?) async throws
        -> Response
    {
        let id = try call.warehouse
        let address = try listener(call, of: id)
        return try await writes.write(call, bytes) { transaction in
            try transaction.setShadow(of: address, until: end, of: id)
            return WriteAnswer([
                "listener": .string("\(address)"),
                "shadowUntil": end.map { .string($0.rfc3339) } ?? .null,
            ])
        }
    }

    /// The configured listener that a call means.
    private func listener(_ call: APICall, of id: String) throws -> SocketAddress {
        let text = try call.path("listener")
        let listeners = api.gateway.topology.listeners(to: id)
        guard let listener = listeners.first(where: { "\($0.address)" == text }) else {
            let known = listeners.map(\.address.description).joined(separator: ", ")
            throw RequestError(
                .notFound,
                "ListenerNotFound",
                "Warehouse \(id) has no listener \(text.quoted) (expected one of \(known))."
            )
        }
        guard listener.isGuardedByWhitelist else {
            throw RequestError(
                .conflict,
                "OperationConflict",
                "Listener \(listener.address) is not guarded by the whitelist: endpoint states and"
                    + " sources are always enforced."
            )
        }
        return listener.address
    }
}
