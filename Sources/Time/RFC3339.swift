public import Text

/// Why a text is not a date and time (RFC 3339 §5.6). Always an error in the text.
public enum RFC3339Error: Error, Hashable, Sendable {
    /// Not of the form `2027-01-31T23:59:59Z`, or with an offset such as `+01:00` for the `Z`.
    case malformed
    /// The format is right, but the day, time or offset does not exist.
    case outOfRange
}

extension RFC3339Error: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed: "expected a time such as 2027-01-31T23:59:59Z or 2027-01-31T23:59:59+01:00"
        case .outOfRange: "no such date or time of day"
        }
    }
}

extension UnixTime {
    /// Reads a date and time (RFC 3339 §5.6). A fraction of a second is cut off; a leap second
    /// (`:60`) counts as the next minute's first.
    public init(rfc3339 text: String) throws(RFC3339Error) {
        var scanner = RFC3339Scanner(text.utf8)
        let time = try scanner.scan()
        self.init(seconds: time)
    }

    /// `2027-01-31T23:59:59Z`.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        bytes.append(rfc3339: CivilTime(unixSeconds: seconds))
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// `2027-01-31T23:59:59`, without the offset. Years beyond 9999 take more digits.
    public mutating func append(rfc3339 time: CivilTime) {
        append(decimal: time.year, width: 4)
        append(UInt8(ascii: "-"))
        append(decimal: time.month, width: 2)
        append(UInt8(ascii: "-"))
        append(decimal: time.day, width: 2)
        append(UInt8(ascii: "T"))
        append(decimal: time.hour, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: time.minute, width: 2)
        append(UInt8(ascii: ":"))
        append(decimal: time.second, width: 2)
    }

    /// `2027-01-31T23:59:59.123456Z`; a moment before 1970 becomes 1970.
    public mutating func append(rfc3339Microseconds microseconds: Int64) {
        let clamped = Swift.max(microseconds, 0)
        append(rfc3339: CivilTime(unixSeconds: clamped / 1_000_000))
        append(UInt8(ascii: "."))
        append(decimal: clamped % 1_000_000, width: 6)
        append(UInt8(ascii: "Z"))
    }
}

/// Reads one date and time, character by character.
private struct RFC3339Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) {
        rest = text[...]
    }

    /// - Returns: seconds since 1970.
    mutating func scan() throws(RFC3339Error) -> Int64 {
        var time = CivilTime(unixSeconds: 0)
        time.year = try number(digits: 4)
        try expect("-")
        time.month = try number(digits: 2)
        try expect("-")
        time.day = try number(digits: 2)
        try expect("T", or: "t")
        time.hour = try number(digits: 2)
        try expect(":")
        time.minute = try number(digits: 2)
        try expect(":")
        time.second = try number(digits: 2)
        try skipFraction()
        let offset = try offsetMinutes()
        guard rest.isEmpty else { throw .malformed }
        guard time.isValid else { throw .outOfRange }
        return time.unixSeconds - offset * 60
    }

    private mutating func number(digits: Int) throws(RFC3339Error) -> Int64 {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let byte = rest.popFirst(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            else { throw .malformed }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private mutating func expect(
        _ character: Unicode.Scalar,
        or other: Unicode.Scalar? = nil
    ) throws(RFC3339Error) {
        let byte = rest.popFirst()
        let isExpected =
            byte == UInt8(ascii: character) || other.map { byte == UInt8(ascii: $0) } == true
        guard isExpected else { throw .malformed }
    }

    private mutating func skipFraction() throws(RFC3339Error) {
        guard rest.first == UInt8(ascii: ".") else { return }
        rest.removeFirst()
        _ = try number(digits: 1)
        while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            rest.removeFirst()
        }
    }

    private mutating func offsetMinutes() throws(RFC3339Error) -> Int64 {
        let sign: Int64
        switch rest.popFirst() {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return 0
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: throw .malformed
        }
        let hours = try number(digits: 2)
        try expect(":")
        let minutes = try number(digits: 2)
        guard hours < 24, minutes < 60 else { throw .outOfRange }
        return sign * (hours * 60 + minutes)
    }
}

extension CivilTime {
    fileprivate var isValid: Bool {
        (1...12).contains(month)
            && (1...CivilTime.dayCount(year: year, month: month)).contains(day)
            && hour < 24 && minute < 60 && second <= 60
    }
}

extension LogText {
    /// `2026-11-23T10:00:00.123456Z` (RFC 3339 §5.6).
    public static func timestamp(microseconds: Int64) -> String {
        var bytes: [UInt8] = []
        bytes.append(rfc3339Microseconds: microseconds)
        return String(decoding: bytes, as: UTF8.self)
    }
}
