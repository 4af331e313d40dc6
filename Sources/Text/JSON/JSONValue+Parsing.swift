/// Why a text is not JSON (RFC 8259). Always an error in the text.
public enum JSONSyntaxError: Error, Hashable, Sendable {
    /// What is at this byte does not belong there.
    case unexpected(offset: Int)
    case unexpectedEnd
    /// Collections nest deeper than ``JSONValue/depthLimit``.
    case tooDeep
}

extension JSONSyntaxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unexpected(let offset): "invalid JSON at byte \(offset + 1)"
        case .unexpectedEnd: "the JSON text ends too early"
        case .tooDeep: "JSON nests deeper than \(JSONValue.depthLimit) levels"
        }
    }
}

extension JSONValue {
    /// How deeply arrays and objects may nest.
    public static let depthLimit = 64

    /// Reads one value and the space around it. The last of members with the same key counts.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

/// Reads JSON text from a place in it.
struct JSONParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected }
        return value
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var unexpected: JSONSyntaxError {
        position < bytes.count ? .unexpected(offset: position) : .unexpectedEnd
    }

    mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    /// Skips `character` if it is next.
    mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ text: String) throws(JSONSyntaxError) {
        for byte in text.utf8 {
            guard next == byte else { throw unexpected }
            position += 1
        }
    }

    mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null")
            return .null
        default: return .number(try number())
        }
    }
}

// MARK: - Collections

extension JSONParser {
    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= JSONValue.depthLimit else { throw .tooDeep }
        try expect("[")
        var values: [JSONValue] = []
        skipSpace()
        if takes("]") { return .array(values) }
        repeat {
            values.append(try value(depth: depth))
            skipSpace()
        } while takes(",")
        try expect("]")
        return .array(values)
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= JSONValue.depthLimit else { throw .tooDeep }
        try expect("{")
        var members: [String: JSONValue] = [:]
        skipSpace()
        if takes("}") { return .object(members) }
        repeat {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(":")
            members[key] = try value(depth: depth)
            skipSpace()
        } while takes(",")
        try expect("}")
        return .object(members)
    }
}

// MARK: - Scalars

extension JSONParser {
    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        _ = takes("-")
        // No digit follows a leading zero.
        if !takes("0") { try digits() }
        if takes(".") { try digits() }
        if takes("e") || takes("E") {
            if !takes("+") { _ = takes("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw unexpected }
    }

    mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw unexpected }
            position += 1
            if byte == UInt8(ascii: "\\") {
                text += String(try escape()).utf8
            } else {
                text.append(byte)
            }
        }
        try expect("\"")
        guard let string = String(validating: text, as: UTF8.self) else {
            throw .unexpected(offset: start)
        }
        return string
    }

    /// Moves behind a string, whose escapes and characters are checked when it is read.
    mutating func skipString() throws(JSONSyntaxError) {
        try expect("\"")
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw unexpected }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { throw .unexpectedEnd }
        position += 1
    }

    /// Moves behind a value that is neither an array nor an object.
    mutating func skipScalar() throws(JSONSyntaxError) {
        if next == UInt8(ascii: "\"") { return try skipString() }
        _ = try value(depth: 0)
    }

    private static let escapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
        UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
        UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]

    /// What follows a backslash. A surrogate that has no partner becomes U+FFFD.
    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        guard let byte = next else { throw .unexpectedEnd }
        if let scalar = Self.escapes[byte] {
            position += 1
            return scalar
        }
        try expect("u")
        let unit = try hexadecimal()
        guard (0xd800..<0xdc00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{fffd}" }
        let end = position
        guard takes("\\"), takes("u") else {
            position = end
            return "\u{fffd}"
        }
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else {
            position = end
            return "\u{fffd}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next?.hexadecimalDigit else { throw unexpected }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
