import Addresses
import ArgumentParser
import CIDRTrie
import Text

/// Prints what a list decides about each address.
struct Explainer {
    private let trie: CompiledTrie
    private let isJSON: Bool
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
            explain(text, line: line)
        }
    }

    /// Reports an invalid address on standard error; the others are still explained.
    mutating func explain(argument text: String) {
        do throws(AddressSyntaxError) {
            explain(try IPAddress(parsing: text))
        } catch {
            hasInvalidInput = true
            let shown = LogText.jsonString(text)
            StandardError.print("sluice: invalid address \(shown): \(error)")
        }
    }

    /// Exits with 1 if an address was invalid.
    func finish() throws {
        if hasInvalidInput { throw ExitCode.failure }
    }

    func explain(_ address: IPAddress) {
        let rule = trie.match(for: address.unmapped).map { trie.rules[$0] }
        StandardOutput.append(isJSON ? json(address, rule) : text(address, rule))
    }

    private mutating func explain(_ text: ArraySlice<UInt8>, line: Int) {
        do throws(AddressSyntaxError) {
            explain(try IPAddress(parsing: text.span))
        } catch {
            hasInvalidInput = true
            StandardError.print("sluice: standard input:\(line):\(error.offset + 1): \(error)")
        }
    }

    /// `address<TAB>verdict<TAB>block<TAB>description`
    private func text(_ address: IPAddress, _ rule: Rule?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(address)
        bytes.append(contentsOf: rule?.action == .allow ? "\tallow\t".utf8 : "\tdeny\t".utf8)
        if let rule {
            bytes.append(rule.block)
        } else {
            bytes.append(UInt8(ascii: "-"))
        }
        bytes.append(UInt8(ascii: "\t"))
        bytes.append(contentsOf: LogText.harmless(rule?.description ?? "").utf8)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func json(_ address: IPAddress, _ rule: Rule?) -> [UInt8] {
        let block = rule.map { "\"\($0.block)\"" } ?? "null"
        let action = rule?.action ?? .deny
        let description = LogText.jsonString(rule?.description ?? "")
        let object = """
            {"address":"\(address)","verdict":"\(action)","rule":\(block),\
            "description":\(description)}

            """
        return Array(object.utf8)
    }
}

extension [UInt8] {
    mutating func append(_ address: IPAddress) {
        address.write(to: &self)
    }

    mutating func append(_ block: CIDRBlock) {
        block.write(to: &self)
    }
}
