import ArgumentParser
import CIDRTrie
import Foundation

/// A list of rules from a file, or the end of the command with everything that is wrong with it.
enum RulesFile {
    /// - Throws: exit code 78 (EX_CONFIG in sysexits.h), once all faults are on standard error.
    static func load(_ path: String) throws -> RuleSet {
        let bytes = try contents(path)
        let list = CIDRList(parsing: bytes.span)
        guard list.faults.isEmpty else { throw fail(path, list.faults.map(\.description)) }
        return try ruleSet(of: list, in: path)
    }

    private static func ruleSet(of list: CIDRList, in path: String) throws -> RuleSet {
        do {
            return try RuleSet(list.rules)
        } catch {
            throw fail(path, error.clashes.map { description(of: $0, in: list) })
        }
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw fail(path, [" \(error.localizedDescription)"])
        }
    }

    private static func description(of clash: RuleConflict.Clash, in list: CIDRList) -> String {
        let (first, second) = (list.lines[clash.first], list.lines[clash.second])
        return "\(second):1: contradicts line \(first), which says otherwise of \(clash.block)"
    }

    private static func fail(_ path: String, _ faults: [String]) -> ExitCode {
        for fault in faults { StandardError.print("\(path):\(fault)") }
        return ExitCode(78)
    }
}
