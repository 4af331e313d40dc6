/// The stock `dig`.
enum Dig {
    /// What it prints for a question, without what differs from run to run.
    struct Answer {
        /// `NOERROR`, `NXDOMAIN`.
        var code: String
        /// `aa`, `tc`.
        var flags: [String]
        /// Lines of the answer section, their spaces made one.
        var answers: [String]
        var authorities: [String]

        /// The last field of each answer.
        var values: [String] {
            answers.map { String($0.split(separator: " ").last ?? "") }.sorted()
        }
    }

    static func ask(
        _ name: String,
        _ type: String = "A",
        at server: Endpoint,
        _ options: [String] = []
    ) throws -> Answer {
        let arguments =
            [
                "@\(server.host)", "-p", "\(server.port)", name, type, "+tries=1", "+time=20",
                "+nocookie",
            ] + options
        let result = try runProgram("dig", arguments)
        guard result.status == 0 else { throw HarnessError("dig: \(result.output)") }
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            code: result.output.field(after: "status: ") ?? "",
            flags: (result.output.field(after: "flags: ", until: ";") ?? "")
                .split(separator: " ").map(String.init),
            answers: section("ANSWER", of: lines),
            authorities: section("AUTHORITY", of: lines)
        )
    }

    private static func section(_ name: String, of lines: [Substring]) -> [String] {
        lines.drop { $0 != ";; \(name) SECTION:" }.dropFirst().prefix { !$0.isEmpty }
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }
}

extension String {
    fileprivate func field(after start: String, until end: Character = ",") -> String? {
        guard let range = range(of: start) else { return nil }
        return String(self[range.upperBound...].prefix { $0 != end })
    }

    private func range(of text: String) -> Range<Index>? {
        firstRange(of: text)
    }
}
