import Foundation

/// Python's `ipaddress`, queried about many texts at once.
enum PythonOracle {
    /// What it parses: a family, a number and a prefix length.
    struct Answer: Hashable {
        var isIPv6: Bool
        var bits: String
        var prefixLength: Int
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let program = """
        import ipaddress, sys

        def ask(read, text):
            try:
                return read(text)
            except ValueError:
                return "-"

        def address(text):
            a = ipaddress.ip_address(text)
            return f"{a.version} {int(a)} {a.max_prefixlen}"

        def network(text):
            n = ipaddress.ip_network(text)
            return f"{n.version} {int(n.network_address)} {n.prefixlen}"

        for line in sys.stdin:
            text = line.rstrip("\\n")
            print(ask(address, text), ask(network, text), sep="\\t")
        """

    /// For each text what it is as an address and as a network; `nil` if it is not one.
    static func ask(_ texts: [String]) throws -> [(address: Answer?, network: Answer?)] {
        let folder = FileManager.default.temporaryDirectory
        let input = folder.appendingPathComponent("sluice-oracle-\(UUID().uuidString)")
        try Data((texts.joined(separator: "\n") + "\n").utf8).write(to: input)
        defer {
            // `try?`: a file left in the temporary folder does no harm.
            try? FileManager.default.removeItem(at: input)
        }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        guard process.terminationStatus == 0, lines.count == texts.count else {
            throw Failure(description: "python3 ended with \(process.terminationStatus)")
        }
        return lines.map { line in
            let fields = line.split(separator: "\t")
            return (answer(fields[0]), answer(fields[1]))
        }
    }

    private static func answer(_ text: Substring) -> Answer? {
        let words = text.split(separator: " ")
        guard words.count == 3, let length = Int(words[2]) else { return nil }
        return Answer(isIPv6: words[0] == "6", bits: String(words[1]), prefixLength: length)
    }
}
