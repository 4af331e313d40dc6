import Addresses
import ArgumentParser
import CIDRTrie
import Text

/// Prints what a list decides about each address.
struct Explainer {
    private let trie: CompiledTrie
    private let isJSON: Bool
    private var output = OutputBuffer()
    private var hasInvalidInput = false

    init(trie: CompiledTrie, isJSON: Bool) {
        self.trie = trie
        self.isJSON = isJSON
    }

    mutating func explainStandardInput() throws {
        var input = InputLines()
        var line = 0
        while let text = try input.next() {
            line += 1
            guard !text.isEmpty else { continue }
            try explain(text, line: line)
        }
    }

    /// Reports an invalid address on standard error; the others are still explained.
    mutating func explain(argument text: String) throws {
        do {
            try explain(try IPAddress(parsing: text))
        } catch let error as AddressSyntaxError {
            hasInvalidInput = true
            let shown = LogText.jsonString(text)
            StandardError.print("sluice: invalid address \(shown): \(error)")
        }
    }

    /// Flushes the output; exits with 1 if an address was invalid.
    mutating func finish() throws {
        try output.flush()
        if hasInvalidInput { throw ExitCode.failure }
    }

    mutating func explain(_ address: IPAddress) throws {
        let rule = trie.match(for: address.unmapped).map { trie.rules[$0] }
        if isJSON {
            appendJSON(address, rule)
        } else {
            appendText(address, rule)
        }
        try output.flushIfFull()
    }

    private mutating func explain(_ text: ArraySlice<UInt8>, line: Int) throws {
        do {
            try explain(try IPAddress(parsing: text.span))
        } catch let error as AddressSyntaxError {
            hasInvalidInput = true
            StandardError.print("sluice: standard input:\(line):\(error.offset + 1): \(error)")
        }
    }

    /// `address<TAB>verdict<TAB>block<TAB>description`
    private mutating func appendText(_ address: IPAddress, _ rule: Rule?) {
        output.bytes.append(address)
        output.bytes.append(contentsOf: rule?.action == .allow ? "\tallow\t".utf8 : "\tdeny\t".utf8)
        if let rule {
            output.bytes.append(rule.block)
        } else {
            output.bytes.append(UInt8(ascii: "-"))
        }
        output.bytes.append(UInt8(ascii: "\t"))
        output.bytes.append(contentsOf: LogText.harmless(rule?.description ?? "").utf8)
        output.bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendJSON(_ address: IPAddress, _ rule: Rule?) {
        let block = rule.map { "\"\($0.block)\"" } ?? "null"
        let action = rule?.action ?? .deny
        let description = LogText.jsonString(rule?.description ?? "")
        let object = """
            {"address":"\(address)","verdict":"\(action)","rule":\(block),\
            "description":\(description)}

            """
        output.bytes.append(contentsOf: object.utf8)
    }
}
