import Foundation
import Testing
import Text

@testable import Control

/// Sends requests to a served API.
struct APIClient: Sendable {
    let server: ServedManagement
    /// The key that it shows.
    var key: String?
    /// What else it sends with each request: a cookie, the origin of a page.
    var headers: [String] = []

    func with(headers: [String]) -> APIClient {
        APIClient(server: server, key: key, headers: headers)
    }

    func with(key: String) -> APIClient { APIClient(server: server, key: key) }

    func send(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        id: String? = nil,
        headers: [String] = []
    ) async throws -> APIAnswer {
        try await send(method, path, text: body?.text ?? "", id: id, headers: headers)
    }

    func send(
        _ method: String,
        _ path: String,
        text: String,
        id: String? = nil,
        headers: [String] = []
    ) async throws -> APIAnswer {
        var fields = self.headers + headers
        if let key { fields.append("X-API-Key: \(key)") }
        if let id { fields.append("RequestId: \(id)") }
        if !text.isEmpty || method != "GET" {
            fields += ["Content-Type: application/json", "Content-Length: \(text.utf8.count)"]
        }
        return APIAnswer(
            try await server.ask(method, path, headers: fields, body: Array(text.utf8))
        )
    }

    /// Sends a request whose answer has to have this status and code.
    @discardableResult
    func expect(
        _ status: Int,
        _ code: String? = nil,
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        id: String? = nil,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> APIAnswer {
        let answer = try await send(method, path, body, id: id)
        let comment = Comment("\(method) \(path): \(answer.text)")
        #expect(answer.status == status, comment, sourceLocation: location)
        #expect(answer.code == code, comment, sourceLocation: location)
        #expect(answer.json["success"] == .bool(status < 400), comment, sourceLocation: location)
        return answer
    }

    /// The data of a request that succeeds.
    @discardableResult
    func get(_ path: String, at location: SourceLocation = #_sourceLocation) async throws
        -> JSONValue
    {
        try await expect(200, "GET", path, at: location).data
    }

    private func expect(
        _ status: Int,
        _ method: String,
        _ path: String,
        at location: SourceLocation
    ) async throws -> APIAnswer {
        try await expect(status, nil, method, path, at: location)
    }
}

/// What the API has answered.
struct APIAnswer: Sendable {
    let status: Int
    let headers: [String: String]
    /// Each `Set-Cookie`.
    let cookies: [String]
    let text: String
    /// `null` if it is not JSON.
    let json: JSONValue

    init(_ answer: HTTPAnswer) {
        status = answer.status
        headers = answer.headers
        cookies = answer.cookies
        text = answer.body
        // `try?`: some answers are not JSON.
        json = (try? answer.decoded(as: JSONValue.self)) ?? .null
    }

    var code: String? { json["code"]?.string }
    var message: String { json["message"]?.string ?? "" }
    var data: JSONValue { json["data"] ?? .null }
    /// The elements of a list.
    var elements: [JSONValue] { data.array ?? [] }
}

extension JSONValue {
    /// What is at a path: `value["entry", "cidr"]`.
    subscript(first: String, second: String) -> JSONValue? { self[first]?[second] }

    var int: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// The values of a key in a list.
    func texts(_ key: String) -> [String?] { (array ?? []).map { $0[key]?.string } }
}
