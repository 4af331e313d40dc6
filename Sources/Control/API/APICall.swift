import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Policy
import Store
import Synchronization
import Text
import Time

/// A request under `/v1` whose sender is known.
struct APICall: Sendable {
    let request: Request
    let context: ManagementContext
    let principal: Principal
    private let reading = BodyReading()
    private let store: PolicyStore?
    /// Of the envelope.
    var id: String { request.envelopeID }

    /// - Parameter store: where keys and logins are, which may be revoked while a body arrives.
    init(
        request: Request,
        context: ManagementContext,
        principal: Principal,
        store: PolicyStore? = nil
    ) {
        self.request = request
        self.context = context
        self.principal = principal
        self.store = store
    }

    /// The most that a request may say, in bytes.
    enum BodyLimit: Int {
        case ordinary = 1_048_576
        /// From anyone: a name and a password.
        case small = 16_384
        /// Whole lists.
        case list = 67_108_864

        fileprivate var text: String {
            rawValue < 1_048_576 ? "\(rawValue >> 10) KiB" : "\(rawValue >> 20) MiB"
        }
    }
}

// MARK: - Path and query

extension APICall {
    /// A segment of the path.
    func path(_ name: String) throws -> String {
        guard let text = context.parameters.get(name), let decoded = text.percentDecoded else {
            throw RequestError(
                .badRequest,
                "InvalidParameter",
                "Invalid percent-encoding in the path."
            )
        }
        return decoded
    }

    var warehouse: String {
        get throws { try path("warehouse") }
    }

    /// What follows `prefix` in the path, byte for byte: some clients do not escape the slashes of an
    /// id.
    func rest(of prefix: String) throws -> String {
        let path = request.uri.path
        guard path.hasPrefix(prefix), path.count > prefix.count,
            let decoded = String(path.dropFirst(prefix.count)).percentDecoded
        else {
            throw RequestError(
                .badRequest,
                "InvalidParameter",
                "Missing id at the end of the path."
            )
        }
        return decoded
    }

    /// Whether a query parameter is `true`.
    func flag(_ name: String) throws -> Bool { try request.flag(name) }

    /// Rejects parameters that the call does not have: a misspelt filter must not list, or change,
    /// everything.
    func allowParameters(_ names: Set<String>) throws {
        for (key, _) in request.uri.queryParameters where !names.contains(String(key)) {
            throw RequestError.invalid(
                String(key),
                "unknown parameter (expected "
                    + (names.isEmpty ? "none" : names.sorted().joined(separator: ", ")) + ")"
            )
        }
    }

    func moment(_ name: String) throws -> UnixTime? {
        guard let text = try request.parameter(name) else { return nil }
        do throws(RFC3339Error) {
            return try UnixTime(rfc3339: text)
        } catch {
            throw RequestError.invalid(name, "\(error)")
        }
    }
}

// MARK: - Body

extension APICall {
    /// The bytes of the body, which has arrived whole, and whose sender still has the rights that it
    /// had when the request began. They can be read once.
    func bytes(_ limit: BodyLimit = .ordinary) async throws -> [UInt8] {
        let bytes = try await collect(limit)
        try principal.check(by: store)
        return bytes
    }

    private func collect(_ limit: BodyLimit) async throws -> [UInt8] {
        reading.begin()
        do {
            let buffer = try await request.body.collect(upTo: limit.rawValue)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw RequestError(
                .contentTooLarge,
                "PayloadTooLarge",
                "The body is larger than \(limit.text)."
            )
        } catch {
            // Whatever has ended it: a body that is not whole must not be obeyed.
            throw RequestError(
                .badRequest,
                "InvalidRequest",
                "The request ended before its body was complete."
            )
        }
    }

    /// Waits for the body's end, unless the body has been read: a request that is not whole must not
    /// change anything, even if what it does is the same with any body.
    func awaitBody() async throws {
        if !reading.hasBegun { _ = try await bytes() }
    }

    /// Decodes a body.
    func decode<Body: APIBody>(_ type: Body.Type, from bytes: [UInt8]) throws -> Body {
        guard !bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }) else {
            throw RequestError(.badRequest, "InvalidParameter", "Missing body: expected JSON.")
        }
        do {
            return try JSONDecoder().decode(Strict<Body>.self, from: Data(bytes)).value
        } catch let error as DecodingError {
            throw RequestError(.badRequest, "InvalidParameter", error.sentence)
        }
    }
}

/// Whether a request's body has been read: its stream can be read only once.
private final class BodyReading: Sendable {
    private let state = Atomic(false)

    var hasBegun: Bool { state.load(ordering: .acquiring) }

    func begin() { state.store(true, ordering: .releasing) }
}

/// What a client sends.
protocol APIBody: Decodable, Sendable {
    /// The names of all fields it may have.
    static var fields: [String] { get }
}

/// A body without unknown fields: one that is misspelt must not be ignored.
struct Strict<Body: APIBody>: Decodable, Sendable {
    let value: Body

    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: FieldName.self).allKeys.map(\.stringValue)
        let unknown = names.filter { !Body.fields.contains($0) }.min()
        if let unknown {
            let path = DecodingError.path(decoder.codingPath + [FieldName(stringValue: unknown)])
            throw RequestError.invalid(
                path,
                "unknown field (expected \(Body.fields.joined(separator: ", ")))"
            )
        }
        value = try Body(from: decoder)
    }
}

/// Any name in a JSON object.
private struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension DecodingError {
    /// For people.
    var sentence: String {
        switch self {
        case .keyNotFound(let key, let context):
            "Missing field \(Self.path(context.codingPath + [key]))."
        case .typeMismatch(_, let context):
            "\(field(context)) has the wrong type: \(context.debugDescription)"
        case .valueNotFound(_, let context):
            "\(field(context)) must not be null."
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            "The body is not valid JSON."
        case .dataCorrupted(let context):
            "\(field(context)): \(context.debugDescription)."
        @unknown default: "The body is not what was expected."
        }
    }

    private func field(_ context: Context) -> String {
        context.codingPath.isEmpty ? "The body" : Self.path(context.codingPath)
    }

    /// `entries[3].cidr`
    static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}

extension RequestError {
    static func invalid(_ field: String, _ reason: String) -> RequestError {
        RequestError(.badRequest, "InvalidParameter", "\(field): \(reason).")
    }
}

// MARK: - Pages

/// Which part of a list is wanted.
struct PageRequest: Sendable {
    static let standardSize = 20
    static let greatestSize = 1_000

    /// From 1.
    let page: Int
    let size: Int

    var offset: Int { (page - 1) * size }

    init(_ request: Request) throws {
        page = try request.number("page", in: 1...1_000_000_000) ?? 1
        size = try request.number("size", in: 1...Self.greatestSize) ?? Self.standardSize
    }

    /// The elements of this page.
    func slice<Element>(of elements: [Element]) -> ArraySlice<Element> {
        let start = min(offset, elements.count)
        return elements[start..<min(start + size, elements.count)]
    }
}

extension Request {
    /// Whether a query parameter is `true`.
    func flag(_ key: String) throws -> Bool {
        switch try parameter(key) {
        case nil, "false": false
        case "true": true
        case let text?:
            throw RequestError.invalid(key, "expected true or false, found \(text.quoted)")
        }
    }

    fileprivate func number(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = try parameter(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw RequestError.invalid(
                key,
                "expected a number from \(range.lowerBound) to \(range.upperBound), found"
                    + " \(text.quoted)"
            )
        }
        return number
    }
}

// MARK: - Answers

extension APICall {
    func answer(_ data: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        try Envelope(id: id, data: data).response(status: status)
    }

    /// A success without data.
    func answer() throws -> Response {
        try Envelope<String>(id: id).response()
    }

    /// A page of a list.
    func answer(_ elements: [some Encodable], _ page: PageRequest, total: Int) throws -> Response {
        try PagedEnvelope(
            requestId: id,
            data: elements,
            page: page.page,
            size: page.size,
            total: total
        ).response()
    }
}

extension String {
    /// As answers show a text: one that is empty does not exist.
    var nonEmpty: String? { isEmpty ? nil : self }
}

private struct PagedEnvelope<Element: Encodable>: Encodable {
    var success = true
    var requestId: String
    var data: [Element]
    var page: Int
    var size: Int
    var total: Int

    func response() throws -> Response {
        .text(try JSONText.of(self), type: "application/json", status: .ok)
    }
}
