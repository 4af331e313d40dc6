import DNSProtocol
import DomainNames
import Hummingbird
import NameService
import Operations
import Store

/// The calls for the names in the gateway's domain.
struct NameRoutes: Sendable {
    let api: APIRouter
    /// `nil` for a gateway that has none.
    let names: GatewayNames?

    func add() {
        api.on(.get, "/v1/dns/zone", .read, .organization) { try zone($0) }
        api.on(.post, "/v1/dns/update", .operate, .organization) { try await update($0) }
    }

    private struct View: Encodable {
        struct Record: Encodable {
            let name: String
            let ttl: UInt32
            let type: String
            let data: String

            init(_ record: DNSRecord) {
                // Other parts of the API write names without the final dot.
                name = String("\(record.name)".dropLast())
                ttl = record.ttl
                type = "\(record.type)"
                data = "\(record.data)"
            }
        }

        let domain: String
        let serial: UInt32
        let records: [Record]
        let file: String

        init(_ zone: DNSZone) {
            domain = zone.contents.origin.text
            serial = zone.serial
            records = zone.records.map(Record.init)
            file = zone.file
        }
    }

    private func zone(_ call: APICall) throws -> Response {
        try call.allowParameters([])
        guard let zone = names?.zone else { throw noNames("dns") }
        return try call.answer(View(zone))
    }

    private struct Result: Encodable {
        let server: String
        let nameCount: Int
    }

    private func update(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        try await call.awaitBody()
        guard let updater = names?.updater, let status = updater.status else {
            throw noNames("dns.update")
        }
        let count: Int
        do throws(UpdateFailure) {
            count = try await updater.update(isWhole: true)
        } catch {
            throw RequestError(
                .serviceUnavailable,
                "NameServerFailed",
                "Cannot update the name server \(status.server): \(error)."
            )
        }
        return try call.answer(Result(server: status.server, nameCount: count))
    }

    private func noNames(_ key: String) -> RequestError {
        RequestError(.notFound, "NoNames", "The configuration has no \(key).")
    }
}
