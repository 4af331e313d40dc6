import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The form of every answer under `/v1` and of every refusal, as the warehouse's own API has it.
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
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

extension Envelope where Payload == String {
    /// A failure: `code` is a stable word for programs, `message` a sentence for people.
    init(id: String, code: String, message: String) {
        success = false
        requestId = id
        self.code = code
        self.message = message
    }
}
