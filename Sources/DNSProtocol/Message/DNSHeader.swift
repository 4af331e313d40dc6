/// What a message begins with (RFC 1035 §4.1.1), without the counts of its sections.
package struct DNSHeader: Hashable, Sendable {
    package static let byteCount = 12

    package var id: UInt16
    /// QR, OPCODE, AA, TC, RD, RA, Z, AD, CD, RCODE, from the highest bit.
    package var flags: UInt16

    package init(id: UInt16, flags: UInt16 = 0) {
        self.id = id
        self.flags = flags
    }
}

extension DNSHeader {
    /// QR.
    package var isResponse: Bool {
        get { has(0x8000) }
        set { set(0x8000, newValue) }
    }
    /// AA.
    package var isAuthoritative: Bool {
        get { has(0x0400) }
        set { set(0x0400, newValue) }
    }
    /// TC: the rest is available over TCP.
    package var isTruncated: Bool {
        get { has(0x0200) }
        set { set(0x0200, newValue) }
    }
    /// RD.
    package var isRecursionDesired: Bool {
        get { has(0x0100) }
        set { set(0x0100, newValue) }
    }

    package var opcode: DNSOpcode {
        get { DNSOpcode(rawValue: UInt8(flags >> 11 & 0xf)) }
        set { flags = flags & ~0x7800 | UInt16(newValue.rawValue & 0xf) << 11 }
    }

    /// The lowest four bits; EDNS has more (RFC 6891 §6.1.3).
    package var responseCode: DNSResponseCode {
        get { DNSResponseCode(rawValue: flags & 0xf) }
        set { flags = flags & ~0xf | newValue.rawValue & 0xf }
    }

    private func has(_ bit: UInt16) -> Bool { flags & bit != 0 }

    private mutating func set(_ bit: UInt16, _ isOn: Bool) {
        flags = isOn ? flags | bit : flags & ~bit
    }
}

/// What a message asks for (RFC 1035 §4.1.1, RFC 2136 §1.3).
package struct DNSOpcode: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let query = DNSOpcode(rawValue: 0)
    package static let notify = DNSOpcode(rawValue: 4)
    package static let update = DNSOpcode(rawValue: 5)
}

/// How a server answers (RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 6891 §9, RFC 8945 §5.3).
package struct DNSResponseCode: RawRepresentable, Hashable, Sendable {
    /// At most 4095.
    package var rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let noError = DNSResponseCode(rawValue: 0)
    package static let formatError = DNSResponseCode(rawValue: 1)
    package static let serverFailure = DNSResponseCode(rawValue: 2)
    package static let noSuchName = DNSResponseCode(rawValue: 3)
    package static let notImplemented = DNSResponseCode(rawValue: 4)
    package static let refused = DNSResponseCode(rawValue: 5)
    package static let nameExists = DNSResponseCode(rawValue: 6)
    package static let notAuthoritative = DNSResponseCode(rawValue: 9)
    package static let notInZone = DNSResponseCode(rawValue: 10)
    package static let badVersion = DNSResponseCode(rawValue: 16)
    package static let badKey = DNSResponseCode(rawValue: 17)
    package static let badTime = DNSResponseCode(rawValue: 18)

    private static let words: [UInt16: String] = [
        0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
        6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 16: "BADVERS",
        17: "BADKEY", 18: "BADTIME", 22: "BADTRUNC",
    ]
}

extension DNSResponseCode: CustomStringConvertible {
    /// `NXDOMAIN`; a number for one that has no name.
    package var description: String { Self.words[rawValue] ?? "RCODE\(rawValue)" }
}
