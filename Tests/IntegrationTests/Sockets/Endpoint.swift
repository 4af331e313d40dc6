import FreePorts
import Glibc

/// A numeric address and a port.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    var host: String
    var port: UInt16

    init(_ host: String, _ port: UInt16) {
        self.host = host
        self.port = port
    }

    /// A free port of the loopback address.
    static func free(_ host: String = "127.0.0.1") throws -> Endpoint {
        Endpoint(host, try Ports.free())
    }

    var isIPv6: Bool { host.contains(":") }
    var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Endpoint {
    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    /// Lends the address in the kernel's form.
    func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        isIPv6 ? unsafe lend(socketAddressV6, to: body) : unsafe lend(socketAddressV4, to: body)
    }

    private var socketAddressV4: sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    private var socketAddressV6: sockaddr_in6 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        unsafe inet_pton(AF_INET6, host, &address.sin6_addr)
        return address
    }

    private func lend<Address, Result>(
        _ address: Address,
        to body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
