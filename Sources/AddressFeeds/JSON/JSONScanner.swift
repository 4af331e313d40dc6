/// Reads JSON (RFC 8259) from its beginning to its end, and knows the place of everything in it.
///
/// Whoever reads asks for what should come next; what comes instead is reported and passed over,
/// so that the rest is read too. What is no JSON throws: nothing behind it can be understood.
/// Foundation's decoder has no places, and a YAML library builds a tree first, in seconds and
/// hundreds of megabytes for a feed of a hundred thousand prefixes.
struct JSONScanner {
    /// Feeds have four levels.
    static let depthLimit = 64

    let bytes: [UInt8]
    var index: Int
    /// Of the line in which `index` stands. A string has no raw line feed in it.
    private var line = 1
    private var lineStart: Int
    /// For each open object or array whether something has been read of it.
    private var hasElements: [Bool] = []

    private(set) var faults: [FeedFault] = []
    private(set) var faultCount = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        lineStart = index
    }

    /// A fault that does not keep the rest from being read. The first ones are kept, all counted.
    mutating func report(_ fault: FeedFault) {
        faultCount += 1
        if faults.count < AddressFeed.faultLimit { faults.append(fault) }
    }

    /// Where `index` stands.
    var place: FeedPlace { FeedPlace(line: line, column: index - lineStart + 1) }

    func fault(_ message: String) -> FeedFault { FeedFault(place: place, message: message) }

    /// The next byte that is no white space.
    mutating func peek() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                line += 1
                lineStart = index + 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case let byte: return byte
            }
            index += 1
        }
        return nil
    }

    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }
}

// MARK: - Structure

extension JSONScanner {
    /// Goes into the object that should come next.
    ///
    /// - Returns: false where something else came, which was reported and passed over.
    mutating func enterObject() throws(FeedFault) -> Bool {
        try enter("{", expected: "an object")
    }

    /// Goes into the array that should come next; as ``enterObject()``.
    mutating func enterArray() throws(FeedFault) -> Bool {
        try enter("[", expected: "an array")
    }

    /// The next key of the object; `nil` at its end, which is then left.
    mutating func nextKey() throws(FeedFault) -> String? {
        guard try hasNext(before: "}") else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
        let key = try string()
        guard take(":") else { throw expected("':'") }
        return key
    }

    /// Whether the array has another element; at its end it is left.
    mutating func nextElement() throws(FeedFault) -> Bool {
        try hasNext(before: "]")
    }

    /// The string that should come next; `nil` where something else came, which was reported and
    /// passed over.
    mutating func text() throws(FeedFault) -> PlacedText? {
        guard peek() == UInt8(ascii: "\"") else {
            try reportUnexpected("a string")
            return nil
        }
        let place = place
        return PlacedText(value: try string(), place: place)
    }

    /// The end of the file, behind the only value in it.
    mutating func end() throws(FeedFault) {
        if peek() != nil { throw fault("something stands behind the end of the JSON value") }
    }

    private mutating func enter(_ bracket: Unicode.Scalar, expected: String)
        throws(FeedFault) -> Bool
    {
        guard peek() == UInt8(ascii: bracket) else {
            try reportUnexpected(expected)
            return false
        }
        try open()
        return true
    }

    private mutating func open() throws(FeedFault) {
        guard hasElements.count < Self.depthLimit else {
            throw fault("nested more than \(Self.depthLimit) levels deep")
        }
        index += 1
        hasElements.append(false)
    }

    private mutating func hasNext(before bracket: Unicode.Scalar) throws(FeedFault) -> Bool {
        if take(bracket) {
            hasElements.removeLast()
            return false
        }
        if hasElements[hasElements.count - 1], !take(",") {
            throw expected("',' or '\(bracket)'")
        }
        hasElements[hasElements.count - 1] = true
        return true
    }

    private mutating func reportUnexpected(_ wanted: String) throws(FeedFault) {
        let fault = expected(wanted)
        try skip()
        report(fault)
    }

    mutating func expected(_ wanted: String) -> FeedFault {
        guard let byte = peek() else { return fault("expected \(wanted), but the file ends") }
        let isShown = (0x21...0x7e).contains(byte)
        let found = isShown ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
        return fault("expected \(wanted), found \(found)")
    }
}
