import Addresses
import CIDRTrie
public import Text
import Time
import Traffic

extension SocketAddress: ConfigurationScalar {
    static var expectation: String { "an address and port such as 0.0.0.0:9030" }

    init(configurationText text: String) throws(ScalarError) {
        do throws(AddressSyntaxError) {
            try self.init(parsing: text)
        } catch {
            throw ScalarError(expected: Self.self, found: text, because: error)
        }
    }

    /// For a backend.
    fileprivate init(backendText text: String) throws(ScalarError) {
        do throws(AddressSyntaxError) {
            try self.init(parsing: text)
        } catch {
            throw ScalarError(expected: BackendAddress.self, found: text, because: error)
        }
    }
}

/// As in a list file: a block, an address, or a range.
extension AddressRange: ConfigurationScalar {
    static var expectation: String { "a CIDR block such as 203.0.113.0/24" }

    init(configurationText text: String) throws(ScalarError) {
        do throws(AddressSyntaxError) {
            try self.init(parsing: text)
        } catch {
            throw ScalarError(expected: Self.self, found: text, because: error)
        }
    }
}

extension BackendAddress: ConfigurationScalar {
    static var expectation: String { "host:port" }

    /// An address as for a listener, IPv6 in brackets; anything that is not numeric is a host name.
    init(configurationText text: String) throws(ScalarError) {
        let isNumeric = text.allSatisfy { $0.isDigit || $0 == "." || $0 == ":" }
        if text.contains("/") || text.contains("@") {
            throw ScalarError(expected: Self.self, found: text, remedy: Self.remedy(forURL: text))
        }
        if text.hasPrefix("[") || isNumeric {
            let address = try SocketAddress(backendText: text)
            self.init(host: .ip(address.ip), port: address.port)
        } else {
            self = try Self.named(text)
        }
        guard port != 0 else { throw ScalarError("port 0 is not valid for a backend") }
        if case .ip(let ip) = host { try Self.checkDestination(ip, port) }
    }

    /// No server can be reached at such an address.
    private static func checkDestination(_ ip: IPAddress, _ port: UInt16) throws(ScalarError) {
        let loopback = ip.family == .v4 ? "127.0.0.1" : "[::1]"
        if ip.unmapped.isUnspecified {
            throw ScalarError(
                "\(ip) is the unspecified address and cannot be a backend",
                remedy: "use the backend's own address, or \(loopback):\(port) for this machine"
            )
        }
        if ip.unmapped.isMulticast {
            throw ScalarError(
                "\(ip) is a multicast or broadcast address and cannot be a backend",
                remedy: "use the backend's own address"
            )
        }
    }

    private static func named(_ text: String) throws(ScalarError) -> BackendAddress {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, let last = parts.last, parts.count > 1 else {
            throw ScalarError(expected: Self.self, found: text, remedy: "add a port: \(text):3306")
        }
        if text.contains(where: \.isWhitespace) {
            let compact = text.filter { !$0.isWhitespace }
            // `try?`: only whether it is one counts.
            let isOne = (try? BackendAddress(configurationText: compact)) != nil
            let remedy = isOne ? "did you mean \(compact)?" : "write host:port, without spaces"
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
        guard parts.count == 2 else {
            let remedy = "put IPv6 addresses in brackets: [2001:db8::1]:3306"
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
        guard !last.isEmpty else {
            throw ScalarError(expected: Self.self, found: text, remedy: "add a port: \(text)3306")
        }
        guard let port = UInt16(last), last.allSatisfy(\.isDigit) else {
            throw ScalarError(expected: Self.self, found: text, remedy: "ports are 1 to 65535")
        }
        // A trailing dot makes the name absolute: no search domain is tried.
        let isAbsolute = host.hasSuffix(".") && host.count > 1
        let name = try HostName(configurationText: String(isAbsolute ? host.dropLast() : host))
        return BackendAddress(host: .name(isAbsolute ? name.text + "." : name.text), port: port)
    }

    /// `http://fe-1:8030/api`: host and port are in it.
    private static func remedy(forURL text: String) -> String {
        let afterScheme = text.split(separator: "://", maxSplits: 1).last ?? ""
        let authority = afterScheme.prefix { $0 != "/" && $0 != "?" }
        let place = String(authority.split(separator: "@").last ?? "")
        // `try?`: only whether it is one counts.
        let isOne = (try? BackendAddress(configurationText: place)) != nil
        return isOne
            ? "did you mean \(place)?" : "omit scheme, user and path, e.g. fe-1.internal:9030"
    }
}

extension UnixTime: ConfigurationScalar {
    static var expectation: String { "a time such as 2027-01-01T00:00:00Z" }

    init(configurationText text: String) throws(ScalarError) {
        do throws(RFC3339Error) {
            try self.init(rfc3339: text)
        } catch {
            let start = text + "T00:00:00Z"
            // `try?`: only whether it is a day counts.
            let isDay = (try? UnixTime(rfc3339: start)) != nil
            throw ScalarError(
                "invalid time \(text.quoted): \(error)",
                remedy: isDay ? "write \(start) for the start of the day" : nil
            )
        }
    }
}

extension ScalarError {
    fileprivate init<Value: ConfigurationScalar>(
        expected type: Value.Type,
        found text: String,
        because error: AddressSyntaxError
    ) {
        self.init(
            "expected \(Value.expectation), found \(text.quoted): \(error.reason.problem)",
            remedy: error.reason.remedy(
                for: text,
                examplePort: type == BackendAddress.self ? 3306 : 9030
            )
        )
    }
}

extension AddressSyntaxError.Reason {
    /// The remedy.
    ///
    /// - Parameter examplePort: suggested if the port is missing.
    fileprivate func remedy(for text: String, examplePort: Int) -> String? {
        switch self {
        case .missingAddress(let port) where examplePort == 3306:
            "use the backend's own address, such as db:\(port), or 127.0.0.1:\(port) for this machine"
        case .missingAddress(let port):
            "write 0.0.0.0:\(port) for all IPv4 addresses of this machine, [::]:\(port) to include IPv6,"
                + " or 127.0.0.1:\(port) for this machine only"
        case .name where text.hasPrefix("localhost:"):
            "did you mean 127.0.0.1:\(text.dropFirst("localhost:".count))?"
        case .name: "use an IP address"
        case .missingPort:
            "add a port: \(text)\(text.hasSuffix(":") ? "" : ":")\(examplePort)"
        case .trailingText(let start):
            "write \(start) alone; in a whitelist, words go under description"
        default: remedy
        }
    }
}
