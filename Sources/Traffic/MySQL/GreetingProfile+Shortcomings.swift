public import MySQLProtocol
import Text

extension GreetingProfile {
    /// What a backend with this greeting lacks, each in words that follow its name, with the remedy;
    /// empty if it serves all clients that were greeted like this.
    ///
    /// - Parameter requiresTLS: whether the gateway connects to the backend with TLS only.
    public func shortcomings(of greeting: MySQLGreeting, requiresTLS: Bool = false) -> [String] {
        let withoutTLS = "does not offer TLS, which the service requires"
        let lacksTLS = requiresTLS && !greeting.capabilities.contains(.tls)
        return missingCapabilities(of: greeting) + otherVersion(than: greeting)
            + (lacksTLS ? ["\(withoutTLS) (enable it in the server, or set backendTLS: off)"] : [])
    }

    private func missingCapabilities(of greeting: MySQLGreeting) -> [String] {
        let missing = capabilities.subtracting(greeting.capabilities).subtracting(.longPassword)
        guard !missing.isEmpty else { return [] }
        let names = missing.names.joined(separator: ", ")
        // What every login needs is offered by every server since MySQL 5.5.7.
        let remedy =
            missing.isDisjoint(with: .basicLogin)
            ? "healthCheck: mysql shows the gateway what it may offer"
            : "use a server of MySQL 5.5.7 or later"
        return ["lacks \(names), which clients are offered (\(remedy))"]
    }

    private func otherVersion(than greeting: MySQLGreeting) -> [String] {
        let family = MySQLServerFamily(serverVersion: greeting.serverVersion)
        let shown = MySQLServerFamily(serverVersion: serverVersion)
        let version = LogText.harmless(String(greeting.serverVersion.prefix(64)))
        let isOlder = ServerVersion(greeting.serverVersion) < ServerVersion(serverVersion)
        guard family != shown || isOlder else { return [] }
        let remedy =
            family == shown
            ? "set the listener's greeting.serverVersion to \(version)"
            : "set the listener's greeting.serverVersion to \(version), or use another listener for"
                + " \(family.title)"
        return [
            "is \(family.title) (\(version)), but clients are greeted as \(shown.title)"
                + " \(serverVersion), by which drivers choose what they send (\(remedy))"
        ]
    }
}
