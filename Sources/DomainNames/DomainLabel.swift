/// One label of a host's name: 1 to 63 letters, digits and hyphens, neither starting nor ending with a
/// hyphen (RFC 1035 §2.3.1, RFC 1123 §2.1).
package struct DomainLabel: Hashable, Sendable {
    package static let byteLimit = 63

    /// In lower case.
    package let text: String

    /// Reads a label in any case.
    package init(_ text: some StringProtocol) throws(DomainNameError) {
        try self.init(Array(text.utf8)[...])
    }

    init(_ bytes: ArraySlice<UInt8>) throws(DomainNameError) {
        guard !bytes.isEmpty else { throw .emptyLabel }
        guard bytes.allSatisfy(\.isOfLabel) else { throw .invalidCharacter }
        guard bytes.count <= Self.byteLimit else { throw .labelTooLong }
        let hyphen = UInt8(ascii: "-")
        guard bytes.first != hyphen, bytes.last != hyphen else { throw .hyphenAtEdge }
        text = String(decoding: bytes.lazy.map(\.lowercaseASCII), as: UTF8.self)
    }

    /// Whether it consists of digits.
    var isNumber: Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
}

extension DomainLabel {
    /// The label that comes closest to `text`, to suggest: other characters become hyphens, the rest
    /// beyond 63 bytes is dropped. `nil` if nothing remains.
    package init?(closestTo text: String) {
        let bytes = text.utf8.map { $0.isOfLabel ? $0 : UInt8(ascii: "-") }
        let start = bytes.drop { $0 == UInt8(ascii: "-") }.prefix(Self.byteLimit)
        let end = start.lastIndex { $0 != UInt8(ascii: "-") }
        guard let end else { return nil }
        // `try?`: what remains is a label, and without one there is nothing to suggest.
        guard let label = try? DomainLabel(start[...end]) else { return nil }
        self = label
    }
}

extension DomainLabel: CustomStringConvertible {
    package var description: String { text }
}

extension UInt8 {
    /// A letter, a digit or a hyphen.
    fileprivate var isOfLabel: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    fileprivate var lowercaseASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
