import Foundation

/// A client of a gateway's management, by HTTP/1.1 written by hand. It keeps its connection for as
/// long as the gateway does.
final class ManagementClient {
    struct Answer {
        var status: Int
        var head: String
        var body: String
    }

    private let connect: () throws -> Connection
    /// `nil` where the gateway has said that it closes it.
    private var connection: Connection?
    private let host: Endpoint
    private let key: String?
    private var unread: [UInt8] = []

    /// At the management address, with an API key or without one.
    init(to management: Endpoint, key: String? = nil) throws {
        connect = { try Connection(to: management) }
        connection = try connect()
        host = management
        self.key = key
    }

    /// Over the local socket.
    init(toSocketAt path: String, of management: Endpoint) throws {
        connect = { try Connection(toSocketAt: path) }
        connection = try connect()
        host = management
        key = nil
    }

    /// Sends one request and reads its answer.
    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        fields: [String] = []
    ) throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"] + fields
        if let key { lines.append("X-API-Key: \(key)") }
        if let body {
            lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        }
        let connection = try connection ?? connect()
        self.connection = connection
        try connection.send((lines + ["", ""]).joined(separator: "\r\n") + (body ?? ""))
        let head = try readHead()
        let bytes = try readBody(after: head)
        if head.lowercased().contains("connection: close") { self.connection = nil }
        return Answer(
            status: Int(head.dropFirst(9).prefix(3)) ?? 0,
            head: head,
            body: String(decoding: bytes, as: UTF8.self)
        )
    }

    func get(_ path: String) throws -> Answer { try send("GET", path) }

    /// Makes a write, as often as a client may that is told to be slower.
    func write(_ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
        try wait(for: "a write that is not too many") {
            let answer = try send(method, path, body)
            return answer.status == 429 ? nil : answer
        }
    }

    private func readHead() throws -> String {
        let head = String(decoding: try read(upTo: Array("\r\n\r\n".utf8)), as: UTF8.self)
        guard head.hasPrefix("HTTP/1.1 ") else { throw HarnessError("not an HTTP answer: \(head)") }
        return head
    }

    private func readBody(after head: String) throws -> [UInt8] {
        let fields = head.lowercased()
        if let length = fields.firstMatch(of: /content-length: (\d+)/), let count = Int(length.1) {
            return try read(exactly: count)
        }
        guard fields.contains("transfer-encoding: chunked") else { return [] }
        var body: [UInt8] = []
        while true {
            let size = String(decoding: try read(upTo: [13, 10]), as: UTF8.self)
            guard let count = Int(size, radix: 16) else { throw HarnessError("no chunk: \(size)") }
            body += try read(exactly: count)
            _ = try read(exactly: 2)
            if count == 0 { return body }
        }
    }

    /// The bytes before `mark`, which is read too.
    private func read(upTo mark: [UInt8]) throws -> [UInt8] {
        while true {
            if let range = unread.firstRange(of: mark) {
                defer { unread.removeSubrange(..<range.upperBound) }
                return Array(unread[..<range.lowerBound])
            }
            try readMore()
        }
    }

    private func read(exactly count: Int) throws -> [UInt8] {
        while unread.count < count { try readMore() }
        defer { unread.removeFirst(count) }
        return Array(unread.prefix(count))
    }

    private func readMore() throws {
        guard case .bytes(let more)? = try connection?.receive() else {
            throw HarnessError("the gateway ended after \(unread.count) bytes")
        }
        unread += more
    }
}

extension ManagementClient.Answer {
    private struct Envelope<Value: Decodable>: Decodable {
        var code: String?
        var message: String?
        var data: Value?
    }

    private func envelope<Value: Decodable>(of type: Value.Type) throws -> Envelope<Value> {
        try JSONDecoder().decode(Envelope<Value>.self, from: Data(body.utf8))
    }

    /// What a success says.
    func data<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        guard let data = try envelope(of: type).data else { throw HarnessError("no data: \(body)") }
        return data
    }

    /// Why a request was refused, as a word.
    var code: String? { get throws { try envelope(of: Unread.self).code } }
    /// Why, for people.
    var message: String { get throws { try envelope(of: Unread.self).message ?? "" } }

    private struct Unread: Decodable {}
}
