/// What an accepted message must be, written as simply as possible and unlike the readers.
enum Golden {
    /// What two readers could understand in two ways.
    static func violation(of head: [UInt8]) -> String? {
        guard head.suffix(4) == [13, 10, 13, 10] else { return "does not end with an empty line" }
        for (index, byte) in head.enumerated() {
            switch byte {
            case 13: guard head[index + 1] == 10 else { return "a bare CR at \(index)" }
            case 10: guard index > 0, head[index - 1] == 13 else { return "a bare LF at \(index)" }
            case 9, 32...126, 128...255: break
            default: return "a control character at \(index)"
            }
        }
        let lines = lines(of: head)
        guard lines.firstIndex(of: []) == lines.count - 1 else { return "an empty line inside" }
        for line in lines.dropFirst().dropLast() {
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty, name.count < line.count, name.allSatisfy({ $0 > 32 && $0 < 127 })
            else { return "the line \(String(decoding: line, as: UTF8.self))" }
        }
        return lengthCount(fields(of: head)) > 1 ? "two lengths" : nil
    }

    /// The lines without their ends, the empty one last.
    static func lines(of head: [UInt8]) -> [[UInt8]] {
        head.split(separator: 10, omittingEmptySubsequences: false).dropLast().map {
            Array($0.dropLast())
        }
    }

    /// Values by name in lower case.
    static func fields(of head: [UInt8]) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for line in lines(of: head).dropFirst().dropLast() {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            let name = String(decoding: parts[0], as: UTF8.self).lowercased()
            let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
            fields[name, default: []].append(value)
        }
        return fields
    }

    static func lengthCount(_ fields: [String: [String]]) -> Int {
        fields["content-length", default: []].count + fields["transfer-encoding", default: []].count
    }

    /// Where a chunked body ends; `nil` if it does not, or is malformed.
    static func end(ofChunks input: [UInt8]) -> Int? {
        var position = 0
        while let line = line(of: input, from: position) {
            let digits = input[position..<line].prefix { $0 != UInt8(ascii: ";") }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            position = line + 2
            if size == 0 { break }
            position += size
            guard position + 2 <= input.count, Array(input[position..<position + 2]) == [13, 10]
            else { return nil }
            position += 2
        }
        while let line = line(of: input, from: position) {
            if line == position { return line + 2 }
            position = line + 2
        }
        return nil
    }

    /// Where the line that begins at `start` ends in CR LF.
    private static func line(of input: [UInt8], from start: Int) -> Int? {
        guard let lineFeed = input[start...].firstIndex(of: 10), lineFeed > start,
            input[lineFeed - 1] == 13
        else { return nil }
        return lineFeed - 1
    }
}
