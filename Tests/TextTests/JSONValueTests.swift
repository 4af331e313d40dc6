import SeededRandom
import Testing
import Text

@Suite("JSON values")
struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    @Test("Numbers keep their digits")
    func numbers() throws {
        let text = "[0,-1.50,12345678901234567890,1e400,6.02E+23]"
        #expect(try parse(text).text == text)
    }

    @Test("Keys are sorted, and an indented text has one value per line")
    func indented() throws {
        let value = try parse(#"{"b":[1,{"d":null}],"a":true,"c":{},"e":[]}"#)
        let expected = """
            {
              "a": true,
              "b": [
                1,
                {
                  "d": null
                }
              ],
              "c": {},
              "e": []
            }
            """
        #expect(value.prettyText == expected)
        #expect(value.text == #"{"a":true,"b":[1,{"d":null}],"c":{},"e":[]}"#)
        #expect(try parse(expected) == value)
    }

    @Test("Escapes are read as RFC 8259 has them, and a lone surrogate is replaced")
    func escapes() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9""#).string == "\"\\/\u{8}\u{c}\n\r\té")
        #expect(try parse(#""\ud83d\ude00""#).string == "😀")
        #expect(try parse(#""\ud83dx""#).string == "\u{fffd}x")
        #expect(try parse(#""\ud83d\n""#).string == "\u{fffd}\n")
        #expect(try parse(#""\ud83d\u0041""#).string == "\u{fffd}A")
        #expect(try parse(#""\ude00""#).string == "\u{fffd}")
    }

    @Test(
        "What is not JSON is rejected",
        arguments: [
            "", " ", "{", "[1,]", #"{"a":1,}"#, #"{a:1}"#, "01", "1.", "-", "+1", "1e", ".5", "nul",
            "truee", #""a"#, "\"\u{1}\"", #""\x""#, #""\u12g4""#, "[1 2]", "1 2", "'a'",
            "\u{feff}1",
        ]
    )
    func invalid(text: String) {
        #expect(throws: JSONSyntaxError.self) { try parse(text) }
    }

    @Test("Text that is not UTF-8 is rejected")
    func encoding() {
        #expect(throws: JSONSyntaxError.unexpected(offset: 0)) {
            try JSONValue(parsing: [0x22, 0xff, 0x22])
        }
    }

    @Test("Nesting has a limit")
    func depth() throws {
        let limit = JSONValue.depthLimit
        let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try parse(nested(limit)) }
        #expect(throws: JSONSyntaxError.tooDeep) { try parse(nested(limit + 1)) }
        #expect(throws: JSONSyntaxError.tooDeep) {
            try parse(String(repeating: #"{"a":"#, count: 100_000))
        }
    }

    @Test("Any value is read back from both of its texts")
    func random() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let value = Self.value(depth: 4, &generator)
            #expect(try parse(value.text) == value)
            #expect(try parse(value.prettyText) == value)
        }
    }

    @Test("Members without a value are absent, and null is a value")
    func present() {
        let value = JSONValue(present: ["a": nil, "b": .null, "c": "x"])
        #expect(value == ["b": .null, "c": "x"])
        #expect(value["a"] == nil && value["b"] == .null && value["c"]?.string == "x")
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        let texts = ["", "a", "é\u{202e}", "\"\\\n", "😀", "\u{0}"]
        switch Int.random(in: 0..<(depth == 0 ? 4 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .number("\(Int.random(in: -999...999, using: &generator))")
        case 3: return .string(texts.randomElement(using: &generator) ?? "")
        case 4:
            let count = Int.random(in: 0...3, using: &generator)
            return .array((0..<count).map { _ in value(depth: depth - 1, &generator) })
        default:
            let keys = texts.prefix(Int.random(in: 0...4, using: &generator))
            return .object(
                Dictionary(
                    uniqueKeysWithValues: keys.map { ($0, value(depth: depth - 1, &generator)) }
                )
            )
        }
    }
}
