/// A point in time, in whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
public struct UnixTime: Hashable, Comparable, Sendable {
    public var seconds: Int64

    @inlinable
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    @inlinable
    public static func < (a: UnixTime, b: UnixTime) -> Bool { a.seconds < b.seconds }
}

/// Encoded as in RFC 3339, like all times in the API.
extension UnixTime: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(rfc3339: try container.decode(String.self))
        } catch let error as RFC3339Error {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}
