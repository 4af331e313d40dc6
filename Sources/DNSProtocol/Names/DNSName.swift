package import DomainNames

/// A name as DNS compares it: labels of any bytes, without case (RFC 1035 §2.3.3, RFC 4343).
///
/// It may be no host's, such as `_acme-challenge.gw.example` or the root.
package struct DNSName: Hashable, Sendable {
    /// RFC 1035 §2.3.4.
    package static let byteLimit = 255
    package static let labelByteLimit = 63
    package static let root = DNSName(checked: [0])

    /// Each label after its length, and a zero (RFC 1035 §3.1); ASCII letters in lower case.
    package let wire: [UInt8]

    /// - Parameter wire: the form of ``wire``, in lower case.
    init(checked wire: [UInt8]) { self.wire = wire }

    /// - Parameter spelling: as in ``wire``, in any case.
    init(spelling: [UInt8]) { wire = spelling.map(\.lowercasedASCII) }

    package init(_ name: DomainName) {
        var wire: [UInt8] = []
        wire.reserveCapacity(name.text.utf8.count + 2)
        for label in name.labels {
            wire.append(UInt8(clamping: label.utf8.count))
            wire += label.utf8
        }
        self.init(checked: wire + [0])
    }

    /// Reads a name without escapes: `_acme-challenge.gw.example`, with or without a final dot.
    ///
    /// - Throws: if a label or the name is empty or too long.
    package init(parsing text: String) throws(DNSMessageError) {
        if text == "." {
            self = .root
            return
        }
        var bytes = Array(text.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        var wire: [UInt8] = []
        for label in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...Self.labelByteLimit).contains(label.count) else { throw .invalidName }
            wire.append(UInt8(label.count))
            wire += label.map(\.lowercasedASCII)
        }
        guard wire.count < Self.byteLimit else { throw .nameTooLong }
        self.init(checked: wire + [0])
    }

    /// The name without its first label; `nil` for the root.
    package var parent: DNSName? {
        wire[0] == 0 ? nil : DNSName(checked: Array(wire[(Int(wire[0]) + 1)...]))
    }

    /// Whether this is `other`, or a name under it.
    package func isWithin(_ other: DNSName) -> Bool {
        var start = 0
        while wire.count - start > other.wire.count { start += Int(wire[start]) + 1 }
        return wire[start...] == other.wire[...]
    }

    /// This name under `parent`'s, as far as both fit into one name.
    package func child(_ label: String) -> DNSName? {
        let bytes = label.utf8.map(\.lowercasedASCII)
        guard (1...Self.labelByteLimit).contains(bytes.count),
            wire.count + bytes.count < Self.byteLimit
        else { return nil }
        return DNSName(checked: [UInt8(bytes.count)] + bytes + wire)
    }

    /// From the first one to the top, without the root's.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var start = 0
        while wire[start] != 0 {
            let end = start + Int(wire[start]) + 1
            labels.append(wire[(start + 1)..<end])
            start = end
        }
        return labels
    }
}

/// As in a zone file, with a final dot (RFC 1035 §5.1).
extension DNSName: CustomStringConvertible {
    package var description: String {
        guard wire.count > 1 else { return "." }
        return labels.map { label in label.map(\.escapedInName).joined() + "." }.joined()
    }
}

extension UInt8 {
    var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    /// `\DDD` for what a zone file does not take as it is.
    fileprivate var escapedInName: String {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "*"):
            String(UnicodeScalar(self))
        default: escapedDecimally
        }
    }

    /// A backslash and three digits (RFC 1035 §5.1).
    var escapedDecimally: String { "\\\(self / 100)\(self / 10 % 10)\(self % 10)" }
}
