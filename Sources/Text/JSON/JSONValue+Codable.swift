extension JSONValue {
    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }
}

/// As itself, by any coder; a number that is neither an `Int64` nor a `UInt64` loses digits beyond
/// those of a `Double`.
extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `try?`: a value of another type is tried next.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number("\(value)")
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let digits): try Self.encode(digits, to: &container)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    private static func encode(
        _ digits: String,
        to container: inout any SingleValueEncodingContainer
    ) throws {
        if let value = Int64(digits) {
            try container.encode(value)
        } else if let value = UInt64(digits) {
            try container.encode(value)
        } else {
            try container.encode(Double(digits) ?? 0)
        }
    }
}
