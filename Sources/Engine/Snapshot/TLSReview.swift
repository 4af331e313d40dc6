package import Settings
package import TLS

/// Why the TLS of a listener or a service cannot be set up. The operator's to correct.
package struct TLSProblem: Error, Hashable, Sendable {
    /// The listener or the service.
    package let owner: String
    /// The certificate and its key, if it is about these.
    package let files: CertificateFiles?
    package let error: TLSError

    /// Without the owner.
    package var reason: String {
        files.map { "\($0.certificate) and \($0.key): \(error)" } ?? error.description
    }
}

/// What the TLS of a topology would come to, without a gateway: the same attempt as an applied
/// configuration makes.
package struct TLSReview: Sendable {
    /// In the order of the configuration, at most one for each listener, service and service's redirects.
    package let problems: [TLSProblem]

    /// - Parameter topology: with the content of its files.
    package init(of topology: Topology) {
        problems = TLSInventory(reading: topology, SharedTLS()).problems
    }
}
