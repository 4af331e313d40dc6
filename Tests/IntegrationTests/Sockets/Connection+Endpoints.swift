import Glibc

extension Connection {
    /// This end's address.
    var local: Endpoint? { unsafe endpoint(of: getsockname) }
    /// The other end's address.
    var peer: Endpoint? { unsafe endpoint(of: getpeername) }

    private typealias Query = (
        Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?
    ) -> Int32

    private func endpoint(of query: Query) -> Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isNamed = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe query(descriptor, address, &length) == 0 else { return false }
                return unsafe getnameinfo(
                    address,
                    length,
                    &host,
                    socklen_t(host.count),
                    &service,
                    socklen_t(service.count),
                    NI_NUMERICHOST | NI_NUMERICSERV
                ) == 0
            }
        }
        guard isNamed, let port = UInt16(text(service)) else { return nil }
        return Endpoint(text(host), port)
    }

    private func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
