import Glibc

/// The machine's own addresses.
enum NetworkInterfaces {
    /// An IPv4 address of this machine that is not a loopback one; connections to it stay on the
    /// machine all the same.
    static var ownAddress: String? {
        // A connected UDP socket sends nothing; it only has the kernel choose a route and a source.
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        let socket = Connection(adopting: descriptor)
        let documentation = Endpoint("198.51.100.1", 9)
        let result = unsafe documentation.withSocketAddress {
            unsafe connect(descriptor, $0, $1)
        }
        return result == 0 ? socket.local?.host : nil
    }
}
