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
