import Text

/// 1 to 64 letters, digits, `-` and `_`.
protocol PlainName: ConfigurationScalar {
    init(checked text: String)
}

extension PlainName {
    init(configurationText text: String) throws(ScalarError) {
        guard (1...64).contains(text.count), text.allSatisfy(\.isNameCharacter) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.init(checked: text)
    }
}

/// A warehouse's id, as used in the URLs of the API.
struct WarehouseID: PlainName {
    static let expectation = "1 to 64 letters, digits, - and _"

    let text: String

    init(checked text: String) { self.text = text }
}

/// A cloud's name of a region: `us-east-1`, `westeurope`.
struct RegionName: PlainName {
    static let expectation = "a region such as us-east-1"

    let text: String

    init(checked text: String) { self.text = text }
}

/// A cloud's name of a zone: `us-east-1a`, `use1-az1`, `1`.
struct ZoneName: PlainName {
    static let expectation = "a zone such as us-east-1a"

    let text: String

    init(checked text: String) { self.text = text }
}

/// A DNS name (RFC 1123 §2.1), with `_` allowed because container networks use it.
struct HostName: ConfigurationScalar {
    static let expectation = "a host name"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.count) && label.allSatisfy(\.isNameCharacter)
            && label.first != "-" && label.last != "-"
    }
}

extension CongestionControl: ConfigurationScalar {
    static let expectation = "auto, system or a kernel algorithm such as cubic"

    /// Whether the kernel offers it is only known where the gateway runs.
    init(configurationText text: String) throws(ScalarError) {
        switch text {
        case "auto": self = .automatic
        case "system": self = .system
        default:
            // TCP_CA_NAME_MAX is 16, including the terminating zero.
            guard (1...15).contains(text.count), text.allSatisfy(\.isNameCharacter) else {
                throw ScalarError(expected: Self.self, found: text)
            }
            self = .named(text)
        }
    }
}

/// An embedded endpoint's id: a label of its DNS name (RFC 1123 §2.1).
struct EmbeddedEndpointID: ConfigurationScalar {
    static let expectation = "1 to 63 lowercase letters, digits and -, as in a DNS name"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        guard Self.isLabel(text) else { throw ScalarError(expected: Self.self, found: text) }
        self.text = text
    }

    static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.allSatisfy { $0.isDigit || ("a"..."z").contains($0) || $0 == "-" }
    }
}

/// A network interface's name, as `ip link` shows it (IFNAMSIZ, netdevice(7)).
struct InterfaceName: ConfigurationScalar {
    static let expectation = "a network interface name of 1 to 15 characters, such as eth1"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let isName = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") }
        guard (1...15).contains(text.utf8.count), isName else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }
}
