import Addresses
import Traffic

extension Sample {
    /// A thousand sources, of IPv4.
    static var sources: [SourceKey] { addresses(.v4).map { SourceKey($0) } }

    /// Sources that are not among ``sources``, of IPv6, to fill a table with.
    static func otherSources(count: Int) -> [SourceKey] {
        addresses(.v6, count: count).map { SourceKey($0) }
    }
}
