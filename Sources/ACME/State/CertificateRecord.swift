import Settings
import Time

/// What is known of a certificate between two attempts and two starts.
struct CertificateRecord: Hashable, Sendable, Codable {
    /// What a certificate was ordered with: one that was ordered otherwise is replaced.
    struct Origin: Hashable, Sendable, Codable {
        /// Of the directory.
        var directory: String
        var keyType: String

        init(_ settings: ACMESettings) {
            directory = settings.directory.text
            keyType = settings.keyType.rawValue
        }
    }

    /// The certificate that is used.
    struct Current: Hashable, Sendable, Codable {
        /// In the names of its files.
        var generation: Int
        /// `nil` if that was lost.
        var origin: Origin?
        var notBefore: UnixTime
        var expiresAt: UnixTime
        var renewAt: UnixTime
        var fingerprint: String
    }

    /// An order that has not ended.
    struct Pending: Hashable, Sendable, Codable {
        /// Of its key.
        var generation: Int
        var origin: Origin
        /// `nil` before the authority has taken it.
        var order: String?
    }

    /// The attempts since the last success.
    struct Failure: Hashable, Sendable, Codable {
        var origin: Origin
        var challenge: String
        /// The file that the directory's certificate was checked against; `nil` for the system's.
        var authorityFile: String?
        var count: Int
        var message: String
        /// What the operator can do; `nil` if nothing is known to help, or of older versions.
        var remedy: String?
        var at: UnixTime
        var nextAttemptAt: UnixTime
    }

    /// In alphabetical order.
    var names: [String]
    var current: Current?
    var pending: Pending?
    var failure: Failure?

    init(names: [String]) { self.names = names.sorted() }

    /// A generation that no file has.
    var nextGeneration: Int { max(current?.generation ?? 0, pending?.generation ?? 0) + 1 }
}
