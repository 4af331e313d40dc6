import Text

/// A JSON Schema (draft 2020-12), as far as the API's description needs one.
///
/// ```swift
/// Schema.body(["cidr": .cidr, "action?": .word(Action.self)])   // `?`: may be absent
/// ```
indirect enum Schema: Sendable {
    /// A value that is not put together from others: the schema's own keywords.
    case value([String: JSONValue])
    case list(Schema, maxCount: Int?)
    case object([Field], isClosed: Bool)
    /// An object whose keys are data.
    case map(Schema)
    /// A schema that others refer to.
    case named(String, Schema)
    case anyOf([Schema])

    struct Field: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
    }
}

// MARK: - Objects

extension Schema {
    typealias Fields = KeyValuePairs<String, Schema>

    /// What the gateway answers. Later versions may add fields.
    ///
    /// - Parameter fields: by name; a name with `?` at its end may be absent.
    static func object(_ fields: Fields) -> Schema {
        .object(fields.map(Field.init), isClosed: false)
    }

    /// What a client sends: unknown fields are rejected, and `null` is as good as absent.
    static func body(_ fields: Fields) -> Schema {
        let all = fields.map { name, schema in
            Field(name, name.hasSuffix("?") ? schema.orNull : schema)
        }
        return .object(all, isClosed: true)
    }

    /// The fields of this object and more.
    func adding(_ more: Fields) -> Schema {
        guard case .object(let fields, let isClosed) = self else {
            preconditionFailure("only an object has fields")
        }
        return .object(fields + more.map(Field.init), isClosed: isClosed)
    }
}

extension Schema.Field {
    fileprivate init(_ name: String, _ schema: Schema) {
        isRequired = !name.hasSuffix("?")
        self.name = isRequired ? name : String(name.dropLast())
        self.schema = schema
    }
}

// MARK: - Values

extension Schema {
    static let anything = Schema.value([:])
    static let boolean = Schema.value(["type": "boolean", "examples": [true]])
    static let text = Schema.value(["type": "string"])
    static let count = Schema.integer(0...)
    static let uuid = Schema.text(
        format: "uuid",
        example: "0b5a4c8e-5c59-4f3b-9f0c-3a6f0c1f9a11"
    )
    /// RFC 3339.
    static let moment = Schema.text(format: "date-time", example: "2027-01-31T23:59:59Z")
    /// A point in time at which nothing may end that has ended already.
    static let expiry = moment.described("In the future")

    static func text(format: String, example: String) -> Schema {
        .value(["type": "string", "format": .string(format), "examples": [.string(example)]])
    }

    static func text(matching pattern: String, example: String) -> Schema {
        .value(["type": "string", "pattern": .string(pattern), "examples": [.string(example)]])
    }

    /// - Parameter bytes: the limits, in UTF-8.
    static func text(_ bytes: ClosedRange<Int>, example: String) -> Schema {
        .value([
            "type": "string", "minLength": .integer(bytes.lowerBound),
            "maxLength": .integer(bytes.upperBound), "examples": [.string(example)],
            "description": .string("At most \(bytes.upperBound) bytes in UTF-8"),
        ])
    }

    static func example(_ text: String) -> Schema {
        .value(["type": "string", "examples": [.string(text)]])
    }

    static func integer(_ range: PartialRangeFrom<Int>) -> Schema {
        .value([
            "type": "integer", "minimum": .integer(range.lowerBound),
            "examples": [.integer(range.lowerBound)],
        ])
    }

    static func integer(_ range: ClosedRange<Int>) -> Schema {
        .value([
            "type": "integer", "minimum": .integer(range.lowerBound),
            "maximum": .integer(range.upperBound), "examples": [.integer(range.lowerBound)],
        ])
    }

    static func word(_ words: String...) -> Schema { .words(words) }

    static func word<Word: CaseIterable & RawRepresentable<String>>(_ type: Word.Type) -> Schema {
        .words(type.allCases.map(\.rawValue))
    }

    static func words(_ words: [String]) -> Schema {
        .value(["type": "string", "enum": .array(words.map(JSONValue.string))])
    }

    static func constant(_ value: JSONValue) -> Schema { .value(["const": value]) }

    static func list(of element: Schema) -> Schema { .list(element, maxCount: nil) }

    /// The same, or `null`.
    var orNull: Schema { .anyOf([self, .value(["type": "null"])]) }

    /// The same value with a sentence about it.
    func described(_ text: String) -> Schema {
        guard case .value(var keywords) = self else { return self }
        keywords["description"] = .string(text)
        return .value(keywords)
    }
}

// MARK: - JSON

extension Schema {
    /// The schema as JSON; those that it names are added to `components`.
    func json(_ components: inout [String: JSONValue]) -> JSONValue {
        switch self {
        case .value(let keywords): return .object(keywords)
        case .list(let element, let maxCount):
            var keywords: [String: JSONValue] = [
                "type": "array", "items": element.json(&components),
            ]
            keywords["maxItems"] = maxCount.map { .integer($0) }
            return .object(keywords)
        case .object(let fields, let isClosed):
            return Self.json(fields, isClosed: isClosed, &components)
        case .map(let value):
            return ["type": "object", "additionalProperties": value.json(&components)]
        case .named(let name, let schema):
            if components[name] == nil { components[name] = schema.json(&components) }
            return ["$ref": .string("#/components/schemas/\(name)")]
        case .anyOf(let schemas):
            return ["anyOf": .array(schemas.map { $0.json(&components) })]
        }
    }

    private static func json(
        _ fields: [Field],
        isClosed: Bool,
        _ components: inout [String: JSONValue]
    ) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in fields { properties[field.name] = field.schema.json(&components) }
        var keywords: [String: JSONValue] = [
            "type": "object", "properties": .object(properties),
        ]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { keywords["required"] = .array(required) }
        if isClosed { keywords["additionalProperties"] = false }
        return .object(keywords)
    }

    /// A value that the schema permits, put together from the examples of its parts.
    var example: JSONValue {
        switch self {
        case .value(let keywords):
            keywords["examples"]?.array?.first ?? keywords["enum"]?.array?.first
                ?? keywords["const"] ?? (keywords["type"] == "null" ? .null : "text")
        case .list(let element, _): [element.example]
        case .object(let fields, _):
            .object(
                Dictionary(fields.map { ($0.name, $0.schema.example) }) { first, _ in first }
            )
        case .map: [:]
        case .named(_, let schema): schema.example
        case .anyOf(let schemas): schemas.first?.example ?? .null
        }
    }
}
