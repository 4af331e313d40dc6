import Addresses
import CIDRTrie

extension SocketAddress: ConfigurationScalar {
    static var expectation: String { "an address and a port" }

    init(configurationText text: String) throws(ScalarFault) {
        do throws(AddressSyntaxError) {
            try self.init(parsing: text)
        } catch {
            throw ScalarFault(expected: Self.self, found: text, because: error)
        }
    }
}

extension CIDRBlock: ConfigurationScalar {
    static var expectation: String { "a CIDR block" }

    init(configurationText text: String) throws(ScalarFault) {
        do throws(AddressSyntaxError) {
            try self.init(parsing: text)
        } catch {
            throw ScalarFault(expected: Self.self, found: text, because: error)
        }
    }
}

extension BackendAddress: ConfigurationScalar {
    static var expectation: String { "host:port" }

    /// An address as for a listener, IPv6 in brackets; anything that is no number is a host name.
    init(configurationText text: String) throws(ScalarFault) {
        let isNumeric = text.allSatisfy { $0.isDigit || $0 == "." || $0 == ":" }
        if text.hasPrefix("[") || isNumeric {
            let address = try SocketAddress(configurationText: text)
            self.init(host: .ip(address.ip), port: address.port)
        } else {
            self = try Self.named(text)
        }
        guard port != 0 else { throw ScalarFault("no backend listens on port 0") }
    }

    private static func named(_ text: String) throws(ScalarFault) -> BackendAddress {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, let last = parts.last, parts.count > 1 else {
            throw ScalarFault(expected: Self.self, found: text, remedy: "add a port: \(text):3306")
        }
        guard parts.count == 2 else {
            let remedy = "an IPv6 address stands in brackets: [2001:db8::1]:3306"
            throw ScalarFault(expected: Self.self, found: text, remedy: remedy)
        }
        guard let port = UInt16(last), last.allSatisfy(\.isDigit) else {
            throw ScalarFault(expected: Self.self, found: text, remedy: "a port is 1 to 65535")
        }
        let name = try HostName(configurationText: String(host)).text
        return BackendAddress(host: .name(name), port: port)
    }
}

extension UnixTime: ConfigurationScalar {
    static var expectation: String { "a time such as 2027-01-01T00:00:00Z" }

    init(configurationText text: String) throws(ScalarFault) {
        do throws(RFC3339Error) {
            try self.init(rfc3339: text)
        } catch {
            throw ScalarFault("found \(text.quoted): \(error)")
        }
    }
}

extension ScalarFault {
    fileprivate init<Value: ConfigurationScalar>(
        expected type: Value.Type,
        found text: String,
        because error: AddressSyntaxError
    ) {
        let (problem, remedy) = error.reason.advice
        self.init(
            "expected \(Value.expectation), found \(text.quoted): \(problem)",
            remedy: remedy
        )
    }
}

extension AddressSyntaxError.Reason {
    /// What is wrong and, apart from it, what was probably meant.
    var advice: (problem: String, remedy: String?) {
        switch self {
        case .hostBits(let block): ("bits are set behind the prefix", "did you mean \(block)?")
        case .missingPrefixLength(let block):
            ("the prefix length is missing", "did you mean \(block)?")
        default: (description, nil)
        }
    }
}
