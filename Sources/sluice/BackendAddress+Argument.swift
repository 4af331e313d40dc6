import Addresses
import ArgumentParser
import Traffic

/// `192.0.2.1:9030`, `[2001:db8::1]:9030` or `name:9030` on the command line.
extension BackendAddress: ExpressibleByArgument {
    /// The address that `argument` writes; `nil` where it writes none.
    public init?(argument: String) {
        // `try?`: what is no address may still be a name.
        if let address = try? SocketAddress(parsing: argument) {
            self.init(host: .ip(address.ip), port: address.port)
            return
        }
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), Self.isName(parts[0]) else {
            return nil
        }
        self.init(host: .name(String(parts[0])), port: port)
    }

    /// A host name's characters, with at least one that is no part of an IPv4 address.
    private static func isName(_ text: Substring) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
            && text.contains(where: \.isLetter)
    }
}
