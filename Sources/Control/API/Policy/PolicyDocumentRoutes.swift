import CIDRTrie
import Hummingbird
import Policy
import Settings
import Store
import Text
import Time

/// The calls for the policy as one document, as it is kept in a repository.
struct PolicyDocumentRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, "/v1/policy", .read, .filtered) { try await get($0) }
        api.onChange(.put, "/v1/policy", .administer, .organization) { try await put($0) }
    }

    private func get(_ call: APICall) async throws -> Response {
        try call.allowParameters(["warehouse"])
        let policy = try writes.writer.requireStore().policy
        let wanted = try call.request.parameter("warehouse")
        if let wanted, policy.warehouses[wanted] == nil || !call.principal.mayUse(warehouse: wanted)
        {
            throw RequestError.unknownWarehouse(
                wanted,
                of: call.principal,
                in: api.gateway.topology
            )
        }
        let document = PolicyDocument(policy, of: wanted, visibleTo: call.principal)
        return try call.answer(document)
    }

    private func put(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes(.list)
        let document = try call.decode(PolicyDocument.self, from: bytes)
        let editor = call.principal.name
        let topology = api.gateway.topology
        let notes: APIWriter.Notes = { [writer = writes.writer] _ in
            writer.closedListeners.map { "an outbound endpoint cannot be used yet: \($0.remedy)" }
        }
        return try await writes.write(call, bytes, notes: notes) { transaction in
            try transaction.checkRevision(document.version)
            let changes = try document.apply(to: &transaction, by: editor, in: topology)
            return WriteAnswer(["changes": .array(changes.map(JSONValue.string))])
        }
    }
}

extension StoreTransaction {
    fileprivate func checkRevision(_ seen: UInt64?) throws {
        guard let seen, seen != policy.revision.number else { return }
        throw RequestError(
            .conflict,
            "VersionConflict",
            "The policy has changed: its version is \(policy.revision.number), not \(seen)."
        )
    }
}
