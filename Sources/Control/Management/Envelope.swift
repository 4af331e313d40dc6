import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Text

/// The format of every response under `/v1` and of every error, as in the warehouse's own API.
struct Envelope<Payload: Encodable>: Encodable {
    var success = true
    var requestId: String
    var code: String?
    var message: String?
    var data: Payload?

    /// A success.
    init(id: String, data: Payload) {
        requestId = id
        self.data = data
    }

    func response(status: HTTPResponse.Status = .ok) throws -> Response {
        .text(try text, type: "application/json", status: status)
    }

    /// A success that may be large.
    func response(by answers: LargeAnswers, on channel: any Channel) throws -> Response {
        answers.text(try text, type: "application/json", on: channel)
    }

    var text: String {
        get throws { try JSONText.of(self) }
    }
}

enum JSONText {
    /// JSON in which characters that could control a terminal are escaped, with a line feed. Its keys
    /// are sorted.
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(value), as: UTF8.self)
        return LogText.visibleJSON(json) + "\n"
    }
}

extension Envelope where Payload == String {
    /// A success without data.
    init(id: String) {
        requestId = id
    }

    /// A failure: `code` is a stable word for programs, `message` a sentence for people.
    init(id: String, code: String, message: String) {
        success = false
        requestId = id
        self.code = code
        self.message = message
    }
}
