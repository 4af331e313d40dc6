import Foundation

/// The assembly of some Swift, as a set of functions and what each calls or jumps to.
struct Assembly {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What may surround a symbol that has a `$` in it.
    private static let quotes = CharacterSet(charactersIn: "\"()")

    private var callees: [String: Set<String>] = [:]

    /// Compiles the trie's own sources and `probe` as one module, with optimization.
    init(compiling probe: String) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-assembly-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // `try?`: what is left in the temporary folder does no harm.
            try? FileManager.default.removeItem(at: folder)
        }
        let sources = try Self.copySources(to: folder, adding: probe)
        let output = folder.appendingPathComponent("probe.s")
        try Self.run(
            [
                "swiftc", "-O", "-wmo", "-parse-as-library", "-module-name", "Probe",
                "-package-name", "Probe",
                "-package-name", "sluice",
            ]
                + ["-emit-assembly", "-o", output.path] + sources
        )
        read(try String(contentsOf: output, encoding: .utf8))
    }

    /// Everything that `function` calls, and what that calls, as far as it is in this file; apart
    /// from it what is not.
    func reached(from function: String) throws -> (known: Set<String>, unknown: Set<String>) {
        guard callees[function] != nil else { throw Failure(description: "no \(function)") }
        var known: Set<String> = []
        var unknown: Set<String> = []
        var open = [function]
        while let next = open.popLast() {
            guard let called = callees[next] else {
                unknown.insert(next)
                continue
            }
            if known.insert(next).inserted { open += called }
        }
        return (known, unknown)
    }
}

extension Assembly {
    private static let modules = ["Addresses", "Checksums", "Text", "Time", "CIDRTrie"]

    /// One module has no imports of its own parts.
    private static func copySources(to folder: URL, adding probe: String) throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var copies: [String] = []
        for module in modules {
            let sources = root.appendingPathComponent("Sources/\(module)")
                .resolvingSymlinksInPath()
            for path in try FileManager.default.subpathsOfDirectory(atPath: sources.path)
            where path.hasSuffix(".swift") {
                let text = try String(
                    contentsOf: sources.appendingPathComponent(path),
                    encoding: .utf8
                )
                let copy = folder.appendingPathComponent("\(copies.count).swift")
                try withoutImports(text).write(to: copy, atomically: false, encoding: .utf8)
                copies.append(copy.path)
            }
        }
        let copy = folder.appendingPathComponent("probe.swift")
        try probe.write(to: copy, atomically: false, encoding: .utf8)
        return copies + [copy.path]
    }

    private static func withoutImports(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { line in !modules.contains { line.hasSuffix("import \($0)") } }
            .joined(separator: "\n")
    }

    private static func run(_ command: [String]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: text) }
    }

    /// Labels without a dot begin functions; `call` and `jmp` name what is called. Jumps inside go to `.L…`.
    private mutating func read(_ text: String) {
        var function: String?
        for line in text.split(separator: "\n") {
            if let first = line.first, !"\t#.".contains(first), let colon = line.firstIndex(of: ":")
            {
                function = line[..<colon].trimmingCharacters(in: Self.quotes)
                function.map { callees[$0] = callees[$0] ?? [] }
            } else if let function, let callee = Self.callee(in: line) {
                callees[function, default: []].insert(callee)
            }
        }
    }

    /// `nil` for all other instructions, and for jumps inside a function, through tables too.
    private static func callee(in line: Substring) -> String? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let instruction = words.first, words.count > 1 else { return nil }
        let isCall = instruction.hasPrefix("call") || instruction == "bl" || instruction == "blr"
        guard isCall || instruction == "jmp" || instruction == "b" else { return nil }
        let target = words[1].split(separator: "@").first.map(String.init) ?? ""
        let isInside = target.hasPrefix(".L") || (!isCall && target.hasPrefix("*%"))
        return isInside ? nil : target.trimmingCharacters(in: Self.quotes)
    }
}
