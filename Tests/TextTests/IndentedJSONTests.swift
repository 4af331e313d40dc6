import SeededRandom
import Testing
import Text

@Suite("JSON text that is indented without values")
struct IndentedJSONTests {
    private func indented(_ text: String, omitting: Set<String> = []) throws -> String {
        let json = try IndentedJSON(Array(text.utf8))
        var result = ""
        try json.write(json.whole, omitting: omitting) { result += $0 }
        return result
    }

    @Test(
        "It is what the values would print",
        arguments: [
            #"{"b":[1,{"d":null}],"a":true,"c":{},"e":[]}"#, "[]", " 1.50 ", #""x""#, "null",
            #"{"b":1,"a":2,"b":3}"#, #"["\u00e9\/\ud83d\ude00\n\u001b", "\""]"#, "[[[]],{}]",
            " { \"a\" : [ 1 , 2 ] } ",
        ]
    )
    func same(text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try indented(text) == value.prettyText)
    }

    @Test("Random values are printed the same, in whatever order their keys are")
    func random() throws {
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<200 {
            let value = Self.value(depth: 4, &generator)
            #expect(try indented(Self.shuffled(value, &generator)) == value.prettyText)
        }
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 3 : 5), using: &generator) {
        case 0: return .bool(Bool.random(using: &generator))
        case 1: return .number("\(Int.random(in: -999...999, using: &generator)).5")
        case 2:
            return .string(
                ["", "a\"b\\", "é\u{202e}", "\n"].randomElement(using: &generator) ?? ""
            )
        case 3:
            let count = Int.random(in: 0...3, using: &generator)
            return .array((0..<count).map { _ in value(depth: depth - 1, &generator) })
        default:
            var members: [String: JSONValue] = [:]
            for key in ["b", "a", "ü\""].prefix(Int.random(in: 0...3, using: &generator)) {
                members[key] = value(depth: depth - 1, &generator)
            }
            return .object(members)
        }
    }

    private static func shuffled(_ value: JSONValue, _ generator: inout SeededGenerator) -> String {
        switch value {
        case .array(let values):
            "[" + values.map { shuffled($0, &generator) }.joined(separator: " , ") + "]"
        case .object(let members):
            "{"
                + members.shuffled(using: &generator)
                .map { "\(JSONValue.string($0.key).text): \(shuffled($0.value, &generator))" }
                .joined(separator: ",") + "}"
        default: value.text
        }
    }

    @Test(
        "What is not JSON is rejected before anything is written",
        arguments: [
            "", "{", "[1,]", "{\"a\"}", "[1 2]", "{\"a\":1,}", "tru", "\"a", "\"a\\", "1 2", "[1]]",
            "{1:2}", "\"a\nb\"",
        ]
    )
    func invalid(text: String) {
        #expect(throws: JSONSyntaxError.self) { try IndentedJSON(Array(text.utf8)) }
    }

    @Test("Collections nest as deeply as values may")
    func deep() throws {
        let limit = JSONValue.depthLimit
        let deep = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(try indented(deep).hasSuffix("]"))
        #expect(throws: JSONSyntaxError.tooDeep) { try IndentedJSON(Array("[\(deep)]".utf8)) }
    }

    @Test("Members are found by key, and elements one after the other")
    func parts() throws {
        let json = try IndentedJSON(Array(#"{"total":3,"data":[{"b":1,"a":2},[],7]}"#.utf8))
        let data = try #require(json.member("data"))
        #expect(json.member("missing") == nil)
        #expect(try json.value(try #require(json.member("total"))) == 3)
        let elements = try json.elements(data)
        #expect(try elements.map(json.value) == [["b": 1, "a": 2], [], 7])
        #expect(try json.elements(data, limit: 2).count == 2)
        #expect(try json.elements(elements[0]).isEmpty)
        var text = ""
        try json.write(elements[0], depth: 2, omitting: ["b"]) { text += $0 }
        #expect(text == "{\n      \"a\": 2\n    }")
    }

    @Test("Long text is handed over in pieces")
    func pieces() throws {
        let list = JSONValue.array((0..<20_000).map { .integer($0) })
        let json = try IndentedJSON(Array(list.text.utf8))
        var pieces: [String] = []
        try json.write(json.whole) { pieces.append($0) }
        #expect(pieces.count > 2 && pieces.allSatisfy { $0.utf8.count < 70_000 })
        #expect(pieces.joined() == list.prettyText)
    }
}
