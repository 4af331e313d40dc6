/// Reads the text exposition format of Prometheus, version 0.0.4, as strictly as it is written
/// down: each family described once, before its samples, and all of them together.
struct ExpositionReader {
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    /// The first rule that a page breaks.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private var family = ""

    init(_ page: String) throws(Fault) {
        guard page.utf8.last == UInt8(ascii: "\n") else { throw Fault(description: "no end") }
        // Only a line feed ends a line; Swift's Character takes CR LF for one.
        let lines = page.unicodeScalars.split(separator: "\n")
        for line in lines.map({ String($0) }) {
            if line.hasPrefix("# HELP ") {
                try readHelp(line)
            } else if line.hasPrefix("# TYPE ") {
                try readType(line)
            } else {
                try readSample(line)
            }
        }
    }

    /// The only sample of this name whose labels include `labels`.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.count == 1 ? found[0].value : nil
    }

    private mutating func readHelp(_ line: String) throws(Fault) {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, helps[String(words[2])] == nil else {
            throw Fault(description: "bad or second HELP: \(line)")
        }
        family = String(words[2])
        helps[family] = String(words[3])
    }

    private mutating func readType(_ line: String) throws(Fault) {
        let words = line.split(separator: " ")
        guard words.count == 4, words[2] == family, types[family] == nil,
            ["counter", "gauge", "histogram", "summary"].contains(words[3])
        else { throw Fault(description: "TYPE must follow its HELP: \(line)") }
        types[family] = String(words[3])
    }

    private mutating func readSample(_ line: String) throws(Fault) {
        var scanner = SampleScanner(line)
        let sample = try scanner.scan()
        let parts =
            switch types[family] {
            case "histogram": ["_bucket", "_sum", "_count"]
            case "summary": ["_sum", "_count"]
            default: [""]
            }
        guard parts.contains(where: { sample.name == family + $0 }), types[family] != nil else {
            throw Fault(description: "outside its family: \(line)")
        }
        let isTwin = samples.contains { $0.name == sample.name && $0.labels == sample.labels }
        guard !isTwin else { throw Fault(description: "a second time: \(line)") }
        samples.append(sample)
    }
}

/// Reads `name{label="value",…} number`.
private struct SampleScanner {
    private let line: String
    private var rest: Substring.UnicodeScalarView

    init(_ line: String) {
        self.line = line
        rest = line.unicodeScalars[...]
    }

    mutating func scan() throws(ExpositionReader.Fault) -> ExpositionReader.Sample {
        let name = try word()
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest.removeFirst()
                let label = try word()
                try expect("=")
                guard labels.updateValue(try quoted(), forKey: label) == nil else { throw fault() }
            } while rest.first == ","
            try expect("}")
        }
        try expect(" ")
        guard let value = Double(String(rest)) else { throw fault() }
        return .init(name: name, labels: labels, value: value)
    }

    private mutating func word() throws(ExpositionReader.Fault) -> String {
        var word = String.UnicodeScalarView()
        while let next = rest.first, next == "_" || next.properties.isASCIIHexDigit || next.isLetter
        {
            word.append(rest.removeFirst())
        }
        guard let first = word.first, first.isLetter || first == "_" else { throw fault() }
        return String(word)
    }

    /// A label's value: `\\`, `\"` and `\n` are the only escapes.
    private mutating func quoted() throws(ExpositionReader.Fault) -> String {
        try expect("\"")
        var text = String.UnicodeScalarView()
        while let next = rest.popFirst() {
            switch next {
            case "\"": return String(text)
            case "\\": text.append(try escaped())
            default: text.append(next)
            }
        }
        throw fault()
    }

    private mutating func escaped() throws(ExpositionReader.Fault) -> Unicode.Scalar {
        switch rest.popFirst() {
        case "\\": "\\"
        case "\"": "\""
        case "n": "\n"
        default: throw fault()
        }
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(ExpositionReader.Fault) {
        guard rest.popFirst() == scalar else { throw fault() }
    }

    private func fault() -> ExpositionReader.Fault {
        .init(description: "not a sample: \(line)")
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
}
