import Addresses
import CIDRTrie
import HTTPTypes
import Hummingbird
import Policy
import Settings
import Store
import Text
import Time

/// The calls by which a client has its own address admitted for a while.
struct LeaseRoutes: Sendable {
    static let path = "/v1/warehouses/{warehouse}/leases"

    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, Self.path, .lease, .warehouse) { try list($0) }
        api.onChange(.post, Self.path, .lease, .warehouse) { try await create($0) }
        api.onChange(.delete, "\(Self.path)/{entry}", .lease, .warehouse) { try await release($0) }
    }
}

/// A lease as the API shows it.
struct LeaseView: Encodable, Sendable {
    let entryId: String
    let warehouseId: String
    /// `203.0.113.7`
    let cidr: String
    let service: ServiceProtocol?
    /// `nil` if an entry without an expiry admits the address.
    let expiresAt: UnixTime?
    /// `nil` in lists.
    var outcome: Lease.Outcome?
    /// Of entries that are not leases, it is not shown.
    let description: String?
    let holder: String?

    init(_ lease: Lease, of warehouse: String) {
        entryId = "\(lease.reference)"
        warehouseId = warehouse
        cidr = lease.entry.text
        service = lease.reference.service
        expiresAt = lease.entry.rule.expiry
        let isLease = LeaseHolder.isHolder(lease.entry.editor)
        description = isLease ? lease.entry.rule.description : nil
        holder = isLease ? lease.entry.editor : nil
    }
}

private struct NewLease: APIBody {
    static let fields = ["ttl", "description", "service"]

    var duration: Duration
    var description: String?
    var service: String?

    private enum CodingKeys: CodingKey { case ttl, description, service }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        service = try container.decodeIfPresent(String.self, forKey: .service)
        // `try?`: what is not a number may be a text, and what is neither is invalid.
        if let seconds = try? container.decode(Int64.self, forKey: .ttl) {
            duration = try LeaseField.duration(.seconds(seconds), written: "\(seconds)")
        } else if container.contains(.ttl), try !container.decodeNil(forKey: .ttl) {
            let text = try? container.decode(String.self, forKey: .ttl)
            duration = try LeaseField.duration(
                text.flatMap { Duration(written: $0) },
                written: text
            )
        } else {
            duration = try container.decode(Duration.self, forKey: .ttl)
        }
    }
}

/// How fields of leases are read.
enum LeaseField {
    /// Whole seconds within the limits.
    static func duration(_ duration: Duration?, written text: String?) throws -> Duration {
        let limits = LeaseLimits.duration
        guard let duration, limits.contains(duration), duration.components.attoseconds == 0 else {
            throw RequestError.invalid(
                "ttl",
                "expected at most \(limits.upperBound.components.seconds / 3_600)h, the longest"
                    + " lease, and at least \(limits.lowerBound.configurationText), as whole seconds"
                    + " or with units such as 15m"
                    + (text.map { "; found \(String($0.prefix(64)).quoted)" } ?? "")
            )
        }
        return duration
    }
}

extension LeaseRoutes {
    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size", "all"])
        let page = try PageRequest(call.request)
        let id = try call.warehouse
        let wantsAll = try call.flag("all")
        guard !wantsAll || call.principal.role.allows(.read) else {
            throw RequestError(
                .forbidden,
                "Forbidden",
                "all: this key may see its own leases only."
            )
        }
        let policy = try writes.writer.requireStore().policy
        let holder = call.principal.leaseHolder
        let leases =
            wantsAll || holder != nil
            ? policy.leases(of: id, at: .systemTime, heldBy: wantsAll ? nil : holder) : []
        let views = page.slice(of: leases).map { LeaseView($0, of: id) }
        return try call.answer(views, page, total: leases.count)
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(NewLease.self, from: bytes)
        let id = try call.warehouse
        let address = try call.principal.origin.leasable(
            trusting: api.gateway.topology.management.trustedProxies
        )
        guard let holder = call.principal.leaseHolder else { throw RequestError.leaseNeedsKey }
        let request = LeaseRequest(
            holder: holder,
            address: address,
            duration: body.duration,
            description: body.description,
            warehouse: id,
            service: try EntryField.service(body.service)
        )
        let configured = writes.writer.configured
        return try await writes.write(call, bytes, .implied) { transaction in
            let files = configured[id].whitelist.lists.filter(\.isFile)
            let lease = try transaction.lease(request, files: files)
            let whitelist = transaction.policy.policy(with: configured)[id].whitelist
            var view = LeaseView(lease, of: id)
            view.outcome = lease.outcome
            var answer = try WriteAnswer(
                "lease",
                view,
                status: lease.outcome == .created ? .created : .ok
            )
            answer.warnings = Self.warnings(about: lease, request, whitelist, at: transaction.now)
            return answer
        }
    }

    /// What a client should know that expects to be admitted for the whole time.
    static func warnings(
        about lease: Lease,
        _ request: LeaseRequest,
        _ whitelist: Whitelist,
        at now: UnixTime
    ) -> [String] {
        if whitelist.mode == .nowhere {
            return ["the mode of warehouse \(request.warehouse) is nowhere: no client is admitted"]
        }
        if whitelist.mode == .anywhere {
            return [
                "the mode of warehouse \(request.warehouse) is anywhere: the address is admitted"
                    + " without a lease"
            ]
        }
        let end = now.seconds + request.duration.components.seconds
        guard lease.outcome == .alreadyAllowed, let expiry = lease.entry.rule.expiry,
            expiry.seconds < end
        else { return [] }
        return [
            "entry \(lease.reference) admits the address until \(expiry.rfc3339) only; it is not a"
                + " lease, and is left as it is"
        ]
    }

    private func release(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let (id, text) = (try call.warehouse, try call.path("entry"))
        guard let holder = call.principal.leaseHolder else { throw RequestError.leaseNeedsKey }
        guard let reference = EntryReference(text) else {
            throw RequestError(
                .notFound,
                "EntryNotFound",
                "Unknown lease \(text.quoted) (expected an entryId, e.g. 12 or mysql-3)."
            )
        }
        return try await writes.write(call, bytes, .implied) { transaction in
            let lease = try transaction.releaseLease(reference, of: holder, in: id)
            return try WriteAnswer("lease", LeaseView(lease, of: id))
        }
    }
}

extension Principal {
    /// `nil` for users of this machine.
    fileprivate var leaseHolder: LeaseHolder? {
        guard case .key(let key) = identity else { return nil }
        return LeaseHolder(keyID: key.id, keyName: key.name)
    }
}

extension RequestError {
    fileprivate static let leaseNeedsKey = RequestError(
        .badRequest,
        "InvalidParameter",
        "Leases belong to keys, and the local socket needs none (use sluice whitelist add and"
            + " remove)."
    )
}
