import Hummingbird
import Operations
import Settings
import Store
import Text
import Time

/// `GET /v1/counts`: counts per minute of the last day, for pictures.
struct CountRoutes: Sendable {
    private static let stepRange: ClosedRange<Duration> = .seconds(60) ... .seconds(86_400)

    let api: APIRouter
    let counts: CountRecorder
    let answers: LargeAnswers
    let pages: PageQueue

    func add() {
        api.on(.get, "/v1/counts", .read, .filtered) { try await counts($0) }
    }

    private func counts(_ call: APICall) async throws -> Response {
        try call.allowParameters(["warehouse", "since", "step"])
        let principal = call.principal
        let warehouse = try api.wantedWarehouse(call)
        let (since, step) = (try since(call), try step(call))
        let (id, channel) = (call.id, call.context.channel)
        return try await pages.build {
            let table: CountTable
            do throws(CountQueryError) {
                table = try counts.current.table(since: since, step: step) { id in
                    if let warehouse { return id == warehouse }
                    return principal.warehouses == nil
                        || id.map(principal.mayUse(warehouse:)) == true
                }
            } catch {
                throw RequestError(.badRequest, "InvalidParameter", "\(error).".asSentence)
            }
            return try Envelope(id: id, data: table).response(by: answers, on: channel)
        }
    }

    /// A moment, or a duration before now.
    private func since(_ call: APICall) throws -> UnixTime? {
        guard let text = try call.request.parameter("since") else { return nil }
        guard let moment = UnixTime(since: text, at: .systemTime) else {
            throw RequestError.invalid(
                "since",
                "expected a duration such as 6h, or a time such as 2027-01-31T23:59:59Z, found"
                    + " \(text.quoted)"
            )
        }
        return moment
    }

    /// In minutes.
    private func step(_ call: APICall) throws -> Int64? {
        guard let text = try call.request.parameter("step") else { return nil }
        guard let step = Duration(written: text), Self.stepRange.contains(step),
            step.components.attoseconds == 0, step.components.seconds % 60 == 0
        else {
            throw RequestError.invalid(
                "step",
                "expected whole minutes from 1m to 24h, such as 5m, found \(text.quoted)"
            )
        }
        return step.components.seconds / 60
    }
}
