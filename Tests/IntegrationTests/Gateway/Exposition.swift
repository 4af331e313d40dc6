/// A page in the Prometheus text format, read strictly.
struct Exposition {
    struct Sample {
        var name: String
        /// As written, without the braces.
        var labels: String
        var value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private(set) var samples: [Sample] = []

    /// - Throws: ``HarnessError`` with the first line that breaks the format.
    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw HarnessError("the page's last line has no end") }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                try readType(line)
            } else if line.hasPrefix("# HELP ") {
                try readHelp(line)
            } else if !line.hasPrefix("#") {
                try readSample(line)
            }
        }
    }

    /// The type of a sample's family; a histogram's samples have suffixes.
    func type(of sample: Sample) -> String? {
        let suffixes = ["_bucket", "_sum", "_count"].filter(sample.name.hasSuffix)
        let family = suffixes.first.map { String(sample.name.dropLast($0.count)) }
        return types[sample.name] ?? family.flatMap { types[$0] }
    }

    private mutating func readType(_ line: Substring) throws {
        let words = line.split(separator: " ")
        guard words.count == 4, types[String(words[2])] == nil,
            ["counter", "gauge", "histogram", "summary", "untyped"].contains(words[3])
        else { throw HarnessError("bad or repeated TYPE: \(line)") }
        types[String(words[2])] = String(words[3])
    }

    private mutating func readHelp(_ line: Substring) throws {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, helps[String(words[2])] == nil else {
            throw HarnessError("bad or repeated HELP: \(line)")
        }
        helps[String(words[2])] = String(words[3])
    }

    private mutating func readSample(_ line: Substring) throws {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else {
            throw HarnessError("not a sample: \(line)")
        }
        let label = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/
        let labels = match.2 ?? ""
        let rest = labels.replacing(label, with: "").filter { $0 != "," }
        guard rest.isEmpty else { throw HarnessError("bad labels: \(line)") }
        samples.append(Sample(name: String(match.1), labels: String(labels), value: value))
    }
}
