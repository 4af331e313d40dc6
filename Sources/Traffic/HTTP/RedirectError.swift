/// Why a redirect of a backend is not followed: its Location is not what a front end sends.
///
/// Always the backend's doing, or that of whoever answers in its place.
public enum RedirectError: Error, Hashable, Sendable {
    /// The Location is longer than ``RedirectLocation/byteLimit``, or has no byte at all.
    case badLength(byteCount: Int)
    /// A space, a control character such as CR or LF, or DEL: none is part of a URL.
    case badCharacter(UInt8)
    /// Neither `http` nor `https`, nor a path of the same server.
    case unsupportedScheme
    /// The scheme is not followed by `//`.
    case missingAuthority
    /// `http:///path`
    case emptyHost
    /// The host is neither a name nor an IPv6 address in brackets. Percent-encoding counts as an
    /// error: names of servers need none.
    case badHost
    /// The port is empty, 0, above 65535, or not written in decimal digits.
    case badPort
    /// More than one `@`: the host would depend on which one counts.
    case ambiguousUserInfo
    /// The user-info has an invalid escape, is not UTF-8 or has a control character, or its user has a
    /// colon.
    case badUserInfo
    /// A backslash before the query: some take it for a slash.
    case backslash
    /// A path that does not begin with a slash: it would depend on the request's.
    case relativePath
}

extension RedirectError: CustomStringConvertible {
    /// What the Location is or has, without any part of it: it may hold a password.
    public var description: String {
        switch self {
        case .badLength(0): "is empty"
        case .badLength(let count):
            "has \(count) bytes (at most \(RedirectLocation.byteLimit) are read)"
        case .badCharacter(let byte): "has the byte \(byte), which no URL has"
        case .unsupportedScheme: "is neither http nor https"
        case .missingAuthority: "has no // after its scheme"
        case .emptyHost: "names no host"
        case .badHost: "has an invalid host"
        case .badPort: "has an invalid port"
        case .ambiguousUserInfo: "has more than one @ before its path"
        case .badUserInfo: "has an invalid user or password"
        case .backslash: "has a backslash in its path or host"
        case .relativePath: "has a path that does not begin with a slash"
        }
    }
}
