public import MySQLProtocol

/// How a listener greets its MySQL clients, and what it reads of their logins.
///
/// A class, because all connections of a listener share it.
public final class MySQLGreetingTerms: Sendable {
    /// Whether clients may use TLS.
    public enum TLS: Hashable, Sendable { case off, offered, required }

    public let profile: GreetingProfile
    public let tls: TLS
    /// The connection attribute whose value selects a route; `nil` if none does.
    public let attribute: String?
    /// The suffixes by which users select a route, as given, by their spelling in lower case.
    private let suffixes: [[UInt8]: String]

    /// - Parameter userSuffixes: those of the listener's routes, without the `@`. They are compared
    ///   without case (of ASCII).
    public init(
        profile: GreetingProfile,
        tls: TLS,
        userSuffixes: some Sequence<String> = [],
        attribute: String? = nil
    ) {
        self.profile = profile
        self.tls = tls
        self.attribute = attribute
        suffixes = Dictionary(
            userSuffixes.map { (Array($0.utf8).lowercasedASCII, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// What clients are offered.
    public var offered: MySQLCapabilities {
        tls == .off ? profile.capabilities : profile.capabilities.union(.tls)
    }

    /// The suffix by which this user selects a route, as the listener spells it, and what remains of
    /// the user; `nil` if what follows its last `@` belongs to no route.
    public func route(of user: [UInt8]) -> (suffix: String, user: [UInt8])? {
        guard !suffixes.isEmpty, let at = user.lastIndex(of: UInt8(ascii: "@")),
            let suffix = suffixes[Array(user[(at + 1)...]).lowercasedASCII]
        else { return nil }
        return (suffix, Array(user[..<at]))
    }
}

extension [UInt8] {
    /// With small letters for the capital ones of ASCII.
    var lowercasedASCII: [UInt8] {
        map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
