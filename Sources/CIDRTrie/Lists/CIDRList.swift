/// A list of blocks as people keep it in a file, one entry per line:
///
///     # Offices
///     198.51.100.0/24   Lisbon
///     2001:db8:42::/48  # Lisbon
///     203.0.113.7                       one address
///     203.0.113.16 - 203.0.113.40       a range: as many blocks as it takes
///     !198.51.100.66/32 the guests' Wi-Fi
///
/// Empty lines and lines that start with `#` or `;` are ignored. `!` denies. What follows the
/// address is the description, if it is clearly one: an address, a number or a verdict there is an
/// error, never a description. After `#` anything is a description. An error costs its own line only;
/// check ``errors`` before using a list, so that none with a hole in it is used by mistake.
public struct CIDRList: Sendable {
    /// The longest line that is read, in bytes.
    public static let lineLimit = 4096
    /// The most rules of one list, unless another number is given.
    public static let ruleLimit = 10_000_000

    /// In the order of the lines. A range that is not a block gives several rules.
    public let rules: RuleTable
    /// For each rule the line on which it is, counted from 1.
    public let lines: LineNumbers
    public let errors: [CIDRListError]

    /// Reads UTF-8. A line ends with a line feed, a carriage return or both; a byte order mark is
    /// skipped.
    ///
    /// - Parameter ruleLimit: more rules are an error. A range may take 254 of them, so that a file's
    ///   size says little about the memory that its rules take.
    /// - Complexity: O(*n*) for *n* bytes, in one pass; the rules are packed as they are read.
    public init(parsing bytes: Span<UInt8>, ruleLimit: Int = ruleLimit) {
        var rules = RuleTable.Builder()
        var lines = LineNumbers()
        errors = Self.forEachRule(in: bytes, ruleLimit: ruleLimit) { rule, line in
            rules.append(rule)
            lines.append(line)
        }
        self.rules = rules.table
        self.lines = lines
    }

    /// More invalid lines are not reported.
    private static let errorLimit = 10_000

    /// Reads a list without keeping its rules.
    ///
    ///     let errors = CIDRList.forEachRule(in: bytes) { rule, line in builder.append(rule) }
    ///
    /// - Parameter body: is given each rule, and the line on which it is.
    /// - Returns: what is wrong with the list.
    public static func forEachRule(
        in bytes: Span<UInt8>,
        ruleLimit: Int = ruleLimit,
        _ body: (Rule, _ line: Int) -> Void
    ) -> [CIDRListError] {
        forEachEntry(in: bytes, ruleLimit: ruleLimit) { rule, line, _ in body(rule, line) }
    }

    /// As ``forEachRule(in:ruleLimit:_:)``, with the text of each rule's address, block or range.
    ///
    /// - Parameter body: is given each rule, its line, and where its text is in `bytes`.
    package static func forEachEntry(
        in bytes: Span<UInt8>,
        ruleLimit: Int = ruleLimit,
        _ body: (Rule, _ line: Int, _ text: Range<Int>) -> Void
    ) -> [CIDRListError] {
        guard !bytes.isUTF16 else {
            return [CIDRListError(line: 1, column: 1, reason: .utf16)]
        }
        var errors: [CIDRListError] = []
        var ruleCount = 0
        var start = 0
        var line = 1
        while start < bytes.count {
            let end = bytes.endOfLine(from: start)
            do {
                let entry = try CIDRListLine.rules(of: bytes.extracting(start..<end))
                let text = start + entry.address.lowerBound..<start + entry.address.upperBound
                for rule in entry.rules {
                    ruleCount += 1
                    body(rule, line, text)
                }
            } catch {
                guard errors.count < errorLimit else {
                    let reason = CIDRListError.Reason.tooManyErrors(limit: errorLimit)
                    return errors + [CIDRListError(line: line, column: 1, reason: reason)]
                }
                errors.append(
                    CIDRListError(line: line, column: error.offset + 1, reason: error.reason)
                )
            }
            guard ruleCount <= ruleLimit else {
                let reason = CIDRListError.Reason.tooManyRules(limit: ruleLimit)
                return errors + [CIDRListError(line: line, column: 1, reason: reason)]
            }
            start = bytes.startOfLine(after: end)
            line += 1
        }
        return errors
    }
}

extension CIDRList {
    /// The beginnings of some lines, for those who look for an error.
    ///
    /// - Parameters:
    ///   - numbers: of the lines, counted from 1, in ascending order.
    ///   - limit: in bytes; a line is cut before the character that exceeds it.
    /// - Returns: one text for each number; an empty one for a line that the list does not have.
    package static func texts(
        ofLines numbers: some Sequence<Int>,
        in bytes: Span<UInt8>,
        limit: Int
    ) -> [String] {
        var (start, line) = (0, 1)
        return numbers.map { number in
            while line < number, start < bytes.count {
                start = bytes.startOfLine(after: bytes.endOfLine(from: start))
                line += 1
            }
            guard start < bytes.count else { return "" }
            var end = bytes.endOfLine(from: start)
            if end - start > limit {
                end = start + limit
                // A byte that continues a character (RFC 3629 §3).
                while end > start, bytes[end] & 0xc0 == 0x80 { end -= 1 }
            }
            return String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self)
        }
    }

    /// The line of each rule of a list. Rules on consecutive lines take no memory.
    public struct LineNumbers: RandomAccessCollection, Sendable {
        /// For each rule whose line is not the one after the previous rule's: its index and line.
        private var runs: [(first: Int, line: Int)] = []
        public let startIndex = 0
        public private(set) var endIndex = 0

        public init() {}

        public mutating func append(_ line: Int) {
            let expected = runs.last.map { $0.line + endIndex - $0.first }
            if line != expected { runs.append((endIndex, line)) }
            endIndex += 1
        }

        /// - Complexity: O(log *n*)
        public subscript(index: Int) -> Int {
            let run = runs[runs.partitioningIndex { $0.first > index } - 1]
            return run.line + index - run.first
        }
    }
}

extension Span<UInt8> {
    /// By its byte order mark.
    fileprivate var isUTF16: Bool {
        count >= 2 && (self[0] == 0xff && self[1] == 0xfe || self[0] == 0xfe && self[1] == 0xff)
    }

    fileprivate func endOfLine(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != UInt8(ascii: "\n"), self[end] != UInt8(ascii: "\r") {
            end += 1
        }
        return end
    }

    /// A carriage return and a line feed are one line end.
    fileprivate func startOfLine(after end: Int) -> Int {
        let isPair =
            end + 1 < count && self[end] == UInt8(ascii: "\r")
            && self[end + 1] == UInt8(ascii: "\n")
        return end + (isPair ? 2 : 1)
    }
}
