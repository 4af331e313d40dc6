import Text
package import Traffic

/// The target of a load test: `host:port`, or a URL as other tools accept it.
///
/// ```
/// 10.0.0.5:8030    http://db.internal/api/health?full=1    mysql://ada@10.0.0.5:9030/tpch
/// ```
package struct LoadTarget: Hashable, Sendable {
    /// The supported URL schemes.
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        case http, mysql, tcp

        /// `nil` if there is none.
        var defaultPort: UInt16? {
            switch self {
            case .http: 80
            case .mysql: 3306
            case .tcp: nil
            }
        }
    }

    /// `nil` without a URL.
    package let scheme: Scheme?
    package let address: BackendAddress
    /// Whether the port was given, and is not the scheme's default.
    package let hasPort: Bool
    /// Of `http`: path and query, with a leading slash; `nil` if neither was given.
    package let path: String?
    /// Of `mysql`; `nil` if it was not given.
    package let user: String?
    /// Of `mysql`; `nil` if it was not given.
    package let database: String?

    /// As in an HTTP request's Host field (RFC 9110 §7.2).
    package var host: String { address.authority(hasPort: hasPort) }

    /// A target without a URL.
    package init(_ address: BackendAddress) {
        self.address = address
        scheme = nil
        hasPort = true
        path = nil
        user = nil
        database = nil
    }
}

/// Why a text is not a valid target, for the user.
package struct LoadTargetError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension LoadTarget {
    private static let expected =
        "expected host:port, or a URL such as http://host:8080/path, mysql://user@host:3306/database "
        + "or tcp://host:9000"

    /// Reads `host:port` or a URL (RFC 3986 §3). A fragment is ignored, as it is never sent.
    package init(parsing text: String) throws(LoadTargetError) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let separator = parts[0].firstRange(of: "://") else {
            self.init(try Self.address(parts[0], defaultPort: nil, in: text).address)
            return
        }
        let scheme = try Self.scheme(parts[0][..<separator.lowerBound], in: text)
        let rest = parts[0][separator.upperBound...]
        let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
        try self.init(scheme, authority: rest[..<end], path: rest[end...], in: text)
    }

    private init(
        _ scheme: Scheme,
        authority: Substring,
        path: Substring,
        in text: String
    ) throws(LoadTargetError) {
        let at = authority.lastIndex(of: "@")
        let user = try at.map { index throws(LoadTargetError) in
            try Self.user(authority[..<index], scheme)
        }
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        (address, hasPort) = try Self.address(host, defaultPort: scheme.defaultPort, in: text)
        self.scheme = scheme
        self.user = user
        self.path = scheme == .http && !path.isEmpty ? Self.absolute(path) : nil
        database = try Self.database(path, scheme)
    }

    private static func scheme(
        _ text: Substring,
        in target: String
    ) throws(LoadTargetError) -> Scheme {
        if let scheme = Scheme(rawValue: text.lowercased()) { return scheme }
        if text.lowercased() == "https" {
            throw LoadTargetError(
                description: "\"\(target)\": HTTPS is not supported; use http://, or another load "
                    + "generator"
            )
        }
        let known = Scheme.allCases.map { $0.rawValue + "://" }.joined(separator: ", ")
        throw LoadTargetError(
            description: "\"\(target)\": unknown scheme \"\(text)\" (use \(known) or host:port)"
        )
    }

    /// A password is rejected and not repeated: every user of the machine can read command lines.
    private static func user(
        _ text: Substring,
        _ scheme: Scheme
    ) throws(LoadTargetError) -> String {
        guard scheme == .mysql else {
            throw LoadTargetError(
                description: "a \(scheme.rawValue) URL with a user is not supported"
                    + (scheme == .http ? "; use --header 'Authorization: …'" : "")
            )
        }
        guard !text.contains(":") else {
            throw LoadTargetError(
                description: "a password in a URL is visible to every user of this machine; use "
                    + "--password-file or MYSQL_PWD"
            )
        }
        return try decoded(text)
    }

    private static func database(
        _ path: Substring,
        _ scheme: Scheme
    ) throws(LoadTargetError) -> String? {
        switch scheme {
        case .http: return nil
        case .tcp where path.isEmpty || path == "/": return nil
        case .tcp:
            throw LoadTargetError(description: "a tcp URL cannot have a path (found \"\(path)\")")
        case .mysql: break
        }
        guard !path.contains("?") else {
            throw LoadTargetError(
                description: "options in a mysql URL are not supported (found \"\(path)\"); use "
                    + "the command's own options"
            )
        }
        let name = try decoded(path.dropFirst())
        return name.isEmpty ? nil : name
    }

    private static func absolute(_ path: Substring) -> String {
        path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// The port follows the last colon outside brackets.
    private static func address(
        _ authority: Substring,
        defaultPort: UInt16?,
        in target: String
    ) throws(LoadTargetError) -> (address: BackendAddress, hasPort: Bool) {
        let hostEnd = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[hostEnd...].lastIndex(of: ":")
        let port = colon.map { authority[authority.index(after: $0)...] } ?? ""
        guard
            let host = BackendAddress(written: "\(authority[..<(colon ?? authority.endIndex)]):1")?
                .host
        else { throw LoadTargetError(description: "invalid target \"\(target)\" (\(expected))") }
        guard let number = port.isEmpty ? defaultPort : UInt16(port), number > 0 else {
            let found = port.isEmpty ? "missing port" : "invalid port \"\(port)\""
            throw LoadTargetError(
                description: "\(found) in target \"\(target)\" (expected 1 to 65535)"
            )
        }
        return (BackendAddress(host: host, port: number), !port.isEmpty)
    }

    private static func decoded(_ text: Substring) throws(LoadTargetError) -> String {
        if let decoded = text.percentDecoded { return decoded }
        throw LoadTargetError(description: "\"\(text)\": expected two hex digits after %")
    }
}
