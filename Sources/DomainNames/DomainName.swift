/// The DNS name of a host (RFC 1035 §2.3.1 as changed by RFC 1123 §2.1): labels of letters, digits
/// and hyphens, compared without case.
///
/// ```swift
/// let domain = try DomainName("GW.example.")
/// domain.text                                      // gw.example
/// try DomainName("a.gw.example").isWithin(domain)  // true
/// ```
package struct DomainName: Hashable, Sendable {
    /// RFC 1035 §2.3.4 allows 255 bytes on the wire, which this is without the final dot.
    package static let byteLimit = 253

    /// In lower case, without a final dot.
    package let text: String

    /// Reads a name as people write it: in any case, perhaps with a final dot.
    ///
    /// - Throws: if it is not the name of a host. An IPv4 address is not one: no name ends in a label
    ///   of digits only (RFC 1123 §2.1).
    package init(_ text: some StringProtocol) throws(DomainNameError) {
        var bytes = Array(text.utf8)
        if bytes.count > 1, bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .empty }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var labels: [DomainLabel] = []
        for part in parts { labels.append(try DomainLabel(part)) }
        guard let last = labels.last, !last.isNumber else { throw .endsInNumber }
        self.text = labels.map(\.text).joined(separator: ".")
        if self.text.utf8.count > Self.byteLimit { throw .tooLong }
    }

    private init(checked text: String) { self.text = text }

    /// From the host to the top.
    package var labels: [Substring] { text.split(separator: ".") }

    /// `label` under this name; `nil` if that is longer than a name may be.
    package func child(_ label: DomainLabel) -> DomainName? {
        let text = "\(label.text).\(self.text)"
        return text.utf8.count > Self.byteLimit ? nil : DomainName(checked: text)
    }

    /// Whether this is `other`, or a name under it.
    package func isWithin(_ other: DomainName) -> Bool {
        self == other || text.hasSuffix(".\(other.text)")
    }

    /// The name without its first label; `nil` for a name of one label.
    package var parent: DomainName? {
        guard let dot = text.firstIndex(of: ".") else { return nil }
        return DomainName(checked: String(text[text.index(after: dot)...]))
    }
}

extension DomainName: CustomStringConvertible {
    package var description: String { text }
}

extension DomainName: Comparable {
    package static func < (left: DomainName, right: DomainName) -> Bool { left.text < right.text }
}

/// Why a text is not the name of a host: the error of who wrote it.
package enum DomainNameError: Error, Hashable, Sendable {
    /// There is nothing.
    case empty
    /// A label is empty: two dots in a row, or a dot at the start.
    case emptyLabel
    /// A label has more than 63 bytes (RFC 1035 §2.3.4).
    case labelTooLong
    /// A label starts or ends with a hyphen.
    case hyphenAtEdge
    /// A label has something else than letters, digits and hyphens.
    case invalidCharacter
    /// The name has more than 253 bytes.
    case tooLong
    /// The last label consists of digits, as that of an IPv4 address.
    case endsInNumber
}

extension DomainNameError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .emptyLabel: "it has an empty label"
        case .labelTooLong: "a label has more than 63 characters"
        case .hyphenAtEdge: "a label starts or ends with a hyphen"
        case .invalidCharacter: "only letters, digits and hyphens are allowed"
        case .tooLong: "it has more than 253 characters"
        case .endsInNumber: "it ends in a number"
        }
    }
}
