import Foundation

/// What an HTTP/1.1 server said on a connection that it then closed.
struct HTTPAnswer: Sendable {
    var status: Int
    /// By their names in lower case.
    var headers: [String: String] = [:]
    /// Each `Set-Cookie`.
    var cookies: [String] = []
    var body: String

    /// The body of every refusal.
    struct Refusal: Decodable {
        var success: Bool
        var requestId: String
        var code: String
        var message: String
    }

    init(_ text: String) throws {
        let parts = text.components(separatedBy: "\r\n\r\n")
        let lines = parts[0].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard parts.count > 1, words.count > 1, let status = Int(words[1]) else {
            throw RawClient.Failure(description: "no HTTP answer: \(text)")
        }
        self.status = status
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
            if line[..<colon].lowercased() == "set-cookie" { cookies.append(value) }
        }
        if headers["transfer-encoding"] == "chunked" { body = Self.joined(body) }
    }

    /// The chunks of a body (RFC 9112 §7.1), whose texts are ASCII.
    private static func joined(_ chunked: String) -> String {
        var rest = Array(chunked.utf8)[...]
        var bytes: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0
        {
            bytes += rest[(end + 2)...].prefix(count)
            rest = rest[(end + 2)...].dropFirst(count + 2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body.utf8))
    }
}
