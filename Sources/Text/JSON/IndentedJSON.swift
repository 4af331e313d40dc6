/// JSON text (RFC 8259) that is printed as ``JSONValue/prettyText`` would be, without a value for
/// each of its parts: an answer of 64 MiB takes that much memory, and not ten times as much.
///
/// ```swift
/// let text = try IndentedJSON(body)
/// try text.write(text.member("data"), depth: 0) { piece in output += piece }
/// ```
public struct IndentedJSON: Sendable {
    private let bytes: [UInt8]
    /// The whole value's members, if it is an object.
    private let members: [(key: String, place: Place)]

    /// Where a value is in the text.
    public struct Place: Hashable, Sendable {
        fileprivate let offset: Int
    }

    /// - Throws: ``JSONSyntaxError`` if `bytes` are not JSON.
    public init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        self.bytes = bytes
        var reader = JSONSkimmer(bytes: bytes, at: 0)
        try reader.skipDocument()
        reader.position = 0
        members = try reader.members()
    }

    /// The whole value.
    public var whole: Place { Place(offset: 0) }

    /// A member of the whole value, if that is an object that has it.
    public func member(_ key: String) -> Place? { members.first { $0.key == key }?.place }

    /// The value itself.
    ///
    /// - Complexity: a value for each of its parts.
    public func value(_ place: Place) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, at: place.offset)
        return try parser.value(depth: 0)
    }

    /// The first `limit` elements of an array; none if it is another value.
    public func elements(
        _ place: Place,
        limit: Int = .max
    ) throws(JSONSyntaxError) -> [Place] {
        var reader = JSONSkimmer(bytes: bytes, at: place.offset)
        return try reader.elements(limit: limit)
    }
}

extension IndentedJSON {
    /// Text that is handed over at once has about as many bytes.
    private static let pieceByteCount = 65_536

    /// Writes a value, its keys sorted, one member or element per line.
    ///
    /// - Parameters:
    ///   - depth: of the value in what is written around it; two spaces for each level.
    ///   - omitted: keys of the value's own members that are not written.
    ///   - put: is given one piece after the other.
    public func write(
        _ place: Place,
        depth: Int = 0,
        omitting omitted: Set<String> = [],
        _ put: (String) throws -> Void
    ) throws {
        var output: [UInt8] = []
        var reader = JSONSkimmer(bytes: bytes, at: place.offset)
        try write(&reader, depth, omitted, &output, put)
        if !output.isEmpty { try put(String(decoding: output, as: UTF8.self)) }
    }

    private func write(
        _ reader: inout JSONSkimmer,
        _ depth: Int,
        _ omitted: Set<String> = [],
        _ output: inout [UInt8],
        _ put: (String) throws -> Void
    ) throws {
        if output.count >= Self.pieceByteCount {
            try put(String(decoding: output, as: UTF8.self))
            output.removeAll(keepingCapacity: true)
        }
        switch try reader.kind() {
        case .scalar: output += try reader.scalar().text.utf8
        case .array:
            output.append(UInt8(ascii: "["))
            var count = 0
            while try reader.beginsElement(after: count) {
                Self.breakLine(&output, depth + 1, isFirst: count == 0)
                try write(&reader, depth + 1, [], &output, put)
                count += 1
            }
            if count > 0 { Self.breakLine(&output, depth, isFirst: true) }
            output.append(UInt8(ascii: "]"))
        case .object:
            output.append(UInt8(ascii: "{"))
            let members = try reader.members().filter { !omitted.contains($0.key) }
            for (index, member) in members.enumerated() {
                Self.breakLine(&output, depth + 1, isFirst: index == 0)
                output.append(jsonString: member.key)
                output += ": ".utf8
                var value = JSONSkimmer(bytes: bytes, at: member.place.offset)
                try write(&value, depth + 1, [], &output, put)
            }
            if !members.isEmpty { Self.breakLine(&output, depth, isFirst: true) }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func breakLine(_ output: inout [UInt8], _ depth: Int, isFirst: Bool) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}

/// Moves over JSON text and checks it, without making values of it.
private struct JSONSkimmer {
    enum Kind { case scalar, array, object }

    private var parser: JSONParser

    init(bytes: [UInt8], at position: Int) {
        parser = JSONParser(bytes: bytes, at: position)
    }

    var position: Int {
        get { parser.position }
        set { parser.position = newValue }
    }

    mutating func kind() throws(JSONSyntaxError) -> Kind {
        parser.skipSpace()
        return switch parser.next {
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "{"): .object
        case nil: throw parser.unexpected
        default: .scalar
        }
    }

    mutating func scalar() throws(JSONSyntaxError) -> JSONValue { try parser.value(depth: 0) }

    /// Moves to the next element of an array, or behind its end.
    ///
    /// - Parameter count: of the elements that were read.
    mutating func beginsElement(after count: Int) throws(JSONSyntaxError) -> Bool {
        parser.skipSpace()
        if count == 0 {
            try parser.expect("[")
            parser.skipSpace()
            return !parser.takes("]")
        }
        if parser.takes(",") { return true }
        try parser.expect("]")
        return false
    }

    mutating func elements(limit: Int) throws(JSONSyntaxError) -> [IndentedJSON.Place] {
        guard try kind() == .array else { return [] }
        var places: [IndentedJSON.Place] = []
        while places.count < limit {
            guard try beginsElement(after: places.count) else { break }
            parser.skipSpace()
            places.append(IndentedJSON.Place(offset: position))
            try skip()
        }
        return places
    }

    /// Moves behind an object, and finds its members: sorted by key; of several with the same key
    /// the last one. None if it is another value.
    mutating func members() throws(JSONSyntaxError) -> [(key: String, place: IndentedJSON.Place)] {
        guard try kind() == .object else { return [] }
        var places: [String: IndentedJSON.Place] = [:]
        var count = 0
        while try beginsMember(after: count) {
            let key = try key()
            places[key] = IndentedJSON.Place(offset: position)
            try skip()
            count += 1
        }
        return places.sorted { $0.key < $1.key }.map { (key: $0.key, place: $0.value) }
    }

    private mutating func beginsMember(after count: Int) throws(JSONSyntaxError) -> Bool {
        parser.skipSpace()
        if count == 0 {
            try parser.expect("{")
            parser.skipSpace()
            return !parser.takes("}")
        }
        if parser.takes(",") { return true }
        try parser.expect("}")
        return false
    }

    /// Reads a member's key and its colon.
    private mutating func key() throws(JSONSyntaxError) -> String {
        parser.skipSpace()
        let key = try parser.string()
        parser.skipSpace()
        try parser.expect(":")
        return key
    }

    mutating func skipDocument() throws(JSONSyntaxError) {
        try skip()
        parser.skipSpace()
        guard position == parser.bytes.count else { throw parser.unexpected }
    }

    /// Moves behind the next value.
    mutating func skip(depth: Int = 0) throws(JSONSyntaxError) {
        let kind = try kind()
        guard kind == .scalar || depth < JSONValue.depthLimit else { throw .tooDeep }
        var count = 0
        switch kind {
        case .scalar: try parser.skipScalar()
        case .array:
            while try beginsElement(after: count) {
                try skip(depth: depth + 1)
                count += 1
            }
        case .object:
            while try beginsMember(after: count) {
                parser.skipSpace()
                try parser.skipString()
                parser.skipSpace()
                try parser.expect(":")
                try skip(depth: depth + 1)
                count += 1
            }
        }
    }
}
