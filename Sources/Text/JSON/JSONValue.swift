/// A JSON value (RFC 8259) that is passed on as it came: numbers keep their digits.
///
/// ```swift
/// let body: JSONValue = ["cidr": "203.0.113.0/24", "expiresAt": .null]
/// ```
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As written, such as `1.50` or `12345678901234567890`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    /// The value of `key`; `nil` if it is absent, or if this is not an object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// `nil` unless it is a string.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// `nil` unless it is an array.
    public var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// An object of the `members` that have a value.
    public init(present members: [String: JSONValue?]) {
        self = .object(members.compactMapValues(\.self))
    }
}

// MARK: - Literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral text: String) { self = .string(text) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number("\(value)") }
    public init(arrayLiteral values: JSONValue...) { self = .array(values) }

    /// - Precondition: no key occurs twice.
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: members))
    }
}

// MARK: - Text

extension JSONValue {
    /// On one line, its keys sorted.
    public var text: String { text(indented: false) }

    /// Two spaces for each level, one member or element per line, its keys sorted.
    public var prettyText: String { text(indented: true) }

    private func text(indented: Bool) -> String {
        var writer = JSONWriter(isIndented: indented)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    let isIndented: Bool
    private(set) var bytes: [UInt8] = []
    private var depth = 0

    init(isIndented: Bool) { self.isIndented = isIndented }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let digits): bytes += digits.utf8
        case .string(let text): bytes.append(jsonString: text)
        case .array(let values): write(values, in: "[", "]") { $0.write($1) }
        case .object(let members):
            write(members.sorted { $0.key < $1.key }, in: "{", "}") { writer, member in
                writer.bytes.append(jsonString: member.key)
                writer.bytes += (writer.isIndented ? ": " : ":").utf8
                writer.write(member.value)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element],
        in start: String,
        _ end: String,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        bytes += start.utf8
        depth += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes += ",".utf8 }
            breakLine()
            body(&self, element)
        }
        depth -= 1
        if !elements.isEmpty { breakLine() }
        bytes += end.utf8
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}
