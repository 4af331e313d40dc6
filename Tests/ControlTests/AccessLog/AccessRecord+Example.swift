import Addresses
import Operations
import Traffic

extension AccessRecord {
    /// Told apart by its number.
    static func example(_ number: Int, end: ConnectionEnd = .finished) -> AccessRecord {
        var record = AccessRecord(
            peer: SocketAddress(.v4(IPv4Address(192, 0, 2, 1)), port: 40_000)
        )
        record.connection = UInt64(number)
        record.end = end
        return record
    }
}
