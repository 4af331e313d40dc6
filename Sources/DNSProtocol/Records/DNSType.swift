/// A record's type (RFC 1035 §3.2.2), or one that only questions have.
package struct DNSType: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let a = DNSType(rawValue: 1)
    package static let ns = DNSType(rawValue: 2)
    package static let cname = DNSType(rawValue: 5)
    package static let soa = DNSType(rawValue: 6)
    package static let hinfo = DNSType(rawValue: 13)
    package static let txt = DNSType(rawValue: 16)
    /// RFC 3596.
    package static let aaaa = DNSType(rawValue: 28)
    /// RFC 6891.
    package static let opt = DNSType(rawValue: 41)
    /// RFC 8945.
    package static let tsig = DNSType(rawValue: 250)
    /// RFC 1995.
    package static let ixfr = DNSType(rawValue: 251)
    /// RFC 5936.
    package static let axfr = DNSType(rawValue: 252)
    package static let any = DNSType(rawValue: 255)
    /// RFC 8659.
    package static let caa = DNSType(rawValue: 257)

    private static let words: [UInt16: String] = [
        1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT",
        28: "AAAA", 33: "SRV", 41: "OPT", 43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS",
        250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 257: "CAA",
    ]
}

extension DNSType: CustomStringConvertible {
    /// `AAAA`; `TYPE1234` for one that has no name here (RFC 3597 §5).
    package var description: String { Self.words[rawValue] ?? "TYPE\(rawValue)" }
}

/// A record's class (RFC 1035 §3.2.4).
package struct DNSClass: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let `in` = DNSClass(rawValue: 1)
    /// In updates (RFC 2136 §2.5).
    package static let none = DNSClass(rawValue: 254)
    package static let any = DNSClass(rawValue: 255)
}
