package import Addresses

/// One record (RFC 1035 §4.1.3).
package struct DNSRecord: Hashable, Sendable {
    package var name: DNSName
    package var type: DNSType
    package var `class`: DNSClass
    /// In seconds.
    package var ttl: UInt32
    package var data: DNSData

    package init(
        _ name: DNSName,
        _ type: DNSType,
        class: DNSClass = .in,
        ttl: UInt32,
        _ data: DNSData
    ) {
        self.name = name
        self.type = type
        self.class = `class`
        self.ttl = ttl
        self.data = data
    }

    package init(_ name: DNSName, ttl: UInt32, _ address: IPAddress) {
        switch address {
        case .v4(let v4): self.init(name, .a, ttl: ttl, .a(v4))
        case .v6(let v6): self.init(name, .aaaa, ttl: ttl, .aaaa(v6))
        }
    }
}

/// A record's data, in the form of its type.
package enum DNSData: Hashable, Sendable {
    case a(IPv4Address)
    case aaaa(IPv6Address)
    /// Of NS and CNAME.
    case name(DNSName)
    case soa(DNSAuthority)
    /// Strings of at most 255 bytes.
    case txt([[UInt8]])
    case caa(CertificationAuthority)
    /// Of any other type, or none in an update (RFC 2136 §2.5.2).
    case bytes([UInt8])
}

/// Who is responsible for a zone, and for how long its absences may be remembered (RFC 1035 §3.3.13,
/// RFC 2308 §4).
package struct DNSAuthority: Hashable, Sendable {
    package var primary: DNSName
    /// A mailbox: its first label is the part before the `@`.
    package var contact: DNSName
    package var serial: UInt32
    package var refresh: UInt32
    package var retry: UInt32
    package var expire: UInt32
    /// For how many seconds a resolver may remember that there is no record.
    package var minimum: UInt32

    package init(
        primary: DNSName,
        contact: DNSName,
        serial: UInt32,
        refresh: UInt32 = 3_600,
        retry: UInt32 = 600,
        expire: UInt32 = 604_800,
        minimum: UInt32
    ) {
        self.primary = primary
        self.contact = contact
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }
}

/// Which certification authority may issue certificates (RFC 8659 §4).
package struct CertificationAuthority: Hashable, Sendable {
    package var isCritical: Bool
    /// `issue`, `issuewild`, `iodef`.
    package var tag: String
    package var value: String

    package init(isCritical: Bool = false, tag: String, value: String) {
        self.isCritical = isCritical
        self.tag = tag
        self.value = value
    }
}

extension DNSData {
    /// Splits a text into strings of at most 255 bytes.
    package static func text(_ text: String) -> DNSData {
        let bytes = Array(text.utf8)
        let starts = stride(from: 0, to: max(bytes.count, 1), by: 255)
        return .txt(starts.map { Array(bytes[$0..<min($0 + 255, bytes.count)]) })
    }
}
