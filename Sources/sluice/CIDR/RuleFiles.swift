import ArgumentParser
import CIDRTrie
import Foundation

/// Lists of rules from files, text or compiled; or the end of the command with everything that is
/// wrong with them.
struct RuleFiles {
    private let paths: [String]
    private(set) var rules: [Rule] = []
    /// For each rule where it stands, as `file:line`; of a compiled list, `file: rule n`.
    private var places: [String] = []
    private var faults: [String] = []

    /// - Throws: exit code 78 (EX_CONFIG in sysexits.h), once all faults are on standard error.
    init(_ paths: [String]) throws {
        self.paths = paths
        for path in paths { append(contentsOf: path) }
        try endIfFaulty()
    }

    /// - Throws: as ``init(_:)``, where two rules contradict each other.
    func ruleSet() throws -> RuleSet {
        do {
            return try RuleSet(rules)
        } catch {
            var copy = self
            copy.faults = error.clashes.map { clash in
                "\(places[clash.second]): contradicts \(places[clash.first]), "
                    + "which says otherwise of \(clash.block)"
            }
            try copy.endIfFaulty()
            throw ExitCode(78)
        }
    }

    /// One file, which is not compiled again where it is compiled already.
    static func trie(_ path: String) throws -> CompiledTrie {
        var files = RuleFiles()
        guard let bytes = files.bytes(of: path), CompiledTrie.isImage(bytes.span) else {
            return CompiledTrie(try RuleFiles([path]).ruleSet())
        }
        guard let trie = files.trie(bytes, path) else { throw files.ending }
        return trie
    }

    /// Where a rule stands, for people.
    func place(of rule: Int) -> String { places[rule] }
}

extension RuleFiles {
    private init() { paths = [] }

    private mutating func append(contentsOf path: String) {
        guard let bytes = bytes(of: path) else { return }
        if CompiledTrie.isImage(bytes.span) {
            guard let trie = trie(bytes, path) else { return }
            rules += trie.rules
            places += trie.rules.indices.map { "\(path): rule \($0 + 1)" }
        } else {
            let list = CIDRList(parsing: bytes.span)
            rules += list.rules
            places += list.lines.map { "\(path):\($0)" }
            faults += list.faults.map { "\(path):\($0)" }
        }
    }

    private mutating func bytes(of path: String) -> [UInt8]? {
        do {
            // A pipe may be a file too, as in `sluice cidr stats <(…)`.
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            return [UInt8](try file.readToEnd() ?? Data())
        } catch {
            faults.append("\(path): \(FileFailure(error))")
            return nil
        }
    }

    private mutating func trie(_ image: [UInt8], _ path: String) -> CompiledTrie? {
        do {
            return try CompiledTrie(image: image)
        } catch {
            faults.append("\(path): \(error)")
            return nil
        }
    }

    private func endIfFaulty() throws {
        guard faults.isEmpty else { throw ending }
    }

    private var ending: ExitCode {
        for fault in faults { StandardError.print(fault) }
        return ExitCode(78)
    }
}
