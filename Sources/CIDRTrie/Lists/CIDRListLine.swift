import Addresses

/// One line of a ``CIDRList``.
enum CIDRListLine {
    /// An error and its place in the line, in bytes from its start.
    struct Problem: Error {
        let reason: CIDRListError.Reason
        let offset: Int
    }

    /// The rules that the line gives: none, one, or for a range as many as it takes; and where in the
    /// line their address, block or range is.
    static func rules(
        of line: Span<UInt8>
    ) throws(Problem) -> (rules: [Rule], address: Range<Int>) {
        guard line.count <= CIDRList.lineLimit else {
            throw Problem(
                reason: .lineTooLong(limit: CIDRList.lineLimit),
                offset: CIDRList.lineLimit
            )
        }
        var start = line.skippingBlanks(from: 0)
        guard start < line.count, !line.isCommentMark(at: start) else { return ([], 0..<0) }
        let isDenied = line[start] == UInt8(ascii: "!")
        if isDenied { start = line.skippingBlanks(from: start + 1) }
        let end = line.endOfAddress(from: start)
        guard start < end else { throw Problem(reason: .missingAddress, offset: start) }
        let range = try range(of: line, in: start..<end)
        let words = CIDRListDescription(
            following: start..<end,
            range,
            action: isDenied ? .deny : .allow
        )
        let description = try words.text(of: line)
        let rules = range.blocks.map {
            Rule(block: $0, action: words.action, description: description)
        }
        return (rules, start..<end)
    }

    private static func range(
        of line: Span<UInt8>,
        in range: Range<Int>
    ) throws(Problem) -> AddressRange {
        do {
            return try AddressRange(parsing: line.extracting(range))
        } catch {
            let offset = range.lowerBound + error.offset
            let isFirst = error.offset == 0 || error.reason == .name
            let foreign =
                isFirst ? CIDRListError.Reason(foreign: line, from: range.lowerBound) : nil
            throw Problem(reason: foreign ?? .address(error.reason), offset: offset)
        }
    }
}

extension Span<UInt8> {
    /// `#`, or `;` as the lists of spam fighters have it.
    func isCommentMark(at offset: Int) -> Bool {
        self[offset] == UInt8(ascii: "#") || self[offset] == UInt8(ascii: ";")
    }

    /// Where the address, the block or the range that begins at `start` ends: after a word, or
    /// after two that a dash or a slash joins.
    fileprivate func endOfAddress(from start: Int) -> Int {
        var end = endOfWord(from: start)
        while true {
            let next = skippingBlanks(from: end)
            let isJoined = end > start && endsWithJoint(before: end)
            guard next < count, next > end, !isCommentMark(at: next),
                isJoined || joins(start..<end, at: next)
            else { return end }
            end = endOfWord(from: next)
        }
    }

    /// Whether what begins at `next` continues the entry in `range`, which has one slash and one
    /// dash at most: `10.0.0.0/24 // office` and `10.0.0.1 - 10.0.0.9 - lab` are not continued.
    private func joins(_ range: Range<Int>, at next: Int) -> Bool {
        let hasDash = range.contains { dashLength(at: $0) > 0 }
        if dashLength(at: next) > 0 { return !hasDash }
        let hasSlash = range.contains { self[$0] == UInt8(ascii: "/") }
        return self[next] == UInt8(ascii: "/") && !hasDash && !hasSlash
    }

    /// Whether the word before `end` ends with a slash or a dash.
    private func endsWithJoint(before end: Int) -> Bool {
        self[end - 1] == UInt8(ascii: "/") || dashLength(at: end - 1) == 1
            || (end >= 3 && dashLength(at: end - 3) == 3)
    }

    func endOfWord(from start: Int) -> Int {
        var offset = start
        while offset < count, blankLength(at: offset) == 0, !isCommentMark(at: offset) {
            offset += 1
        }
        return offset
    }
}
