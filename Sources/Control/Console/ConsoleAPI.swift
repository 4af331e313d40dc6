import Console
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Text

/// The API as the console's pages ask it: by the same calls as any program, with the rights of the
/// person whose page is made, so that a page can never show or do what the API would not.
struct ConsoleAPI: Sendable {
    let responder: RouterResponder<ManagementContext>
    let request: Request
    let context: ManagementContext

    /// An answer that is not the data that was asked for.
    struct Refusal: Error {
        let status: HTTPResponse.Status
        let code: String
        let message: String

        /// Of a request without any sign of who sends it, which is no failed attempt.
        static let noLogin = Refusal(status: .unauthorized, code: "", message: "")
        static let noPage = Refusal(
            status: .notFound,
            code: "NotFound",
            message: "The console has no such page."
        )
    }

    /// The data of an answer.
    func get(_ path: String, _ query: [(key: String, value: String)] = []) async throws -> JSONValue
    {
        try await envelope(path, query)["data"] ?? .null
    }

    /// A page of a list.
    func list(_ path: String, _ query: [(key: String, value: String)] = []) async throws
        -> ListAnswer
    {
        let answer = try await envelope(path, query)
        let items = answer["data"]?.array ?? []
        return ListAnswer(
            items: items,
            page: answer["page"]?.int ?? 1,
            size: answer["size"]?.int ?? items.count,
            total: answer["total"]?.int ?? items.count
        )
    }

    private func envelope(_ path: String, _ query: [(key: String, value: String)]) async throws
        -> JSONValue
    {
        let parameters = query.filter { !$0.value.isEmpty }
            .map { "\($0.key)=\($0.value.percentEncoded)" }
        let target = parameters.isEmpty ? path : path + "?" + parameters.joined(separator: "&")
        var head = request.head
        (head.method, head.path) = (.get, target)
        let response = try await responder.respond(
            to: Request(head: head, body: RequestBody(buffer: ByteBuffer())),
            context: context
        )
        let collected = CollectedBody()
        try await response.body.write(Collector(body: collected))
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(collected.bytes))
        guard answer["success"] == true else {
            throw Refusal(
                status: response.status,
                code: answer["code"]?.string ?? "",
                message: answer["message"]?.string ?? ""
            )
        }
        return answer
    }
}

/// What was written of a body.
private final class CollectedBody: Sendable {
    private let buffer = Mutex<[UInt8]>([])
    var bytes: [UInt8] { buffer.withLock { $0 } }

    func append(_ piece: ByteBuffer) {
        buffer.withLock { $0.append(contentsOf: piece.readableBytesView) }
    }
}

private struct Collector: ResponseBodyWriter {
    let body: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws { body.append(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
