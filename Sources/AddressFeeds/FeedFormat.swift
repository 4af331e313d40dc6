/// The publisher of a list, and so its form.
package enum FeedFormat: String, Hashable, Sendable, CaseIterable {
    /// Amazon's `ip-ranges.json`.
    case aws
    /// Azure's service tags, `ServiceTags_Public_….json`.
    case azure
    /// Google's `cloud.json` and `goog.json`.
    case google

    /// Keys that only one of the forms has.
    private static let tellingKeys: [(key: [UInt8], format: FeedFormat)] = [
        ("ip_prefix", .aws), ("ipv6_prefix", .aws), ("addressPrefixes", .azure),
        ("ipv4Prefix", .google), ("ipv6Prefix", .google),
    ].map { (Array("\"\($0)\"".utf8), $1) }

    /// The form of `bytes`, by the first key in them that only one of the forms has; `nil` if they
    /// are not a feed.
    ///
    /// - Complexity: O(*n*) for *n* bytes; a feed is recognized by its first entry.
    package init?(recognizing bytes: [UInt8]) {
        guard bytes.firstByteOfText == UInt8(ascii: "{") else { return nil }
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\"") {
            for (key, format) in Self.tellingKeys where bytes.has(key, at: index) {
                self = format
                return
            }
        }
        return nil
    }
}

extension [UInt8] {
    /// After a byte order mark and white space.
    fileprivate var firstByteOfText: UInt8? {
        var index = 0
        while index < count, self[index] <= UInt8(ascii: " ") || self[index] >= 0x80 { index += 1 }
        return index < count ? self[index] : nil
    }

    fileprivate func has(_ bytes: [UInt8], at start: Int) -> Bool {
        guard count - start >= bytes.count else { return false }
        return bytes.indices.allSatisfy { self[start + $0] == bytes[$0] }
    }
}
