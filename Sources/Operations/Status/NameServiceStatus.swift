package import Time

/// How the names in the gateway's domain are made to resolve.
package struct NameServiceStatus: Hashable, Sendable, Codable {
    /// The updates of another name server.
    package struct Updates: Hashable, Sendable, Codable {
        package var server: String
        /// How many were made, and how many attempts failed.
        package var succeeded = 0
        package var failed = 0
        /// When the server last had all names; `nil` if it never did.
        package var lastSuccessAt: UnixTime?
        /// Why the last attempt failed; `nil` if it did not.
        package var failure: String?
        /// Since when all attempts have failed; `nil` if the last one did not.
        package var failingSince: UnixTime?

        package init(server: String) {
            self.server = server
        }
    }

    package var domain: String
    package var serial: UInt32
    /// Names with records in the zone.
    package var nameCount: Int
    /// Where queries are answered; empty for nowhere.
    package var listening: [String] = []
    /// Why an address of the last configuration is not among them.
    package var listenFailure: String?
    /// Since the start.
    package var answered: UInt64 = 0
    /// Answers that a network was not sent because it asked too often.
    package var limited: UInt64 = 0
    /// `nil` without another server.
    package var updates: Updates?

    package init(domain: String, serial: UInt32, nameCount: Int) {
        self.domain = domain
        self.serial = serial
        self.nameCount = nameCount
    }
}
