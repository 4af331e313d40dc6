import Addresses
import CIDRTrie
import Operations
import Policy
import Time

extension Session {
    /// Sessions from 10.0.0.0 on, numbered from 0, of `warehouses` by turns.
    static func many(_ count: Int, of warehouses: [String] = ["W"]) -> [Session] {
        (0..<count).map { index in
            let source = IPAddress.v4(IPv4Address(bits: 10 << 24 | UInt32(index)))
            return Session(
                connection: UInt64(index),
                warehouse: warehouses[index % warehouses.count],
                listener: "127.0.0.1:9030",
                link: .public,
                peer: SocketAddress(source, port: 1),
                client: SocketAddress(source, port: 1),
                startedAt: UnixTime(seconds: 1_795_428_000)
            )
        }
    }
}
