import DomainNames
package import Time

/// The certificates that clients are shown. The answer of `/v1/certificates`.
package struct CertificateList: Hashable, Sendable, Codable {
    /// One certificate at one listener.
    package struct Entry: Hashable, Sendable, Codable {
        package var certificate: ServedCertificate
        /// How many whole days are left; negative once it has expired.
        package var daysLeft: Int64
        /// How it was chosen, if a name was asked for.
        package var choice: Choice?
    }

    /// Why a certificate is shown for a name.
    package enum Choice: String, Hashable, Sendable, Codable, CaseIterable {
        /// It has the name.
        case exact
        /// It has a wildcard that includes the name.
        case wildcard
        /// No certificate of the listener is for the name: clients that check names refuse it.
        case `default`
    }

    package var certificates: [Entry]
    /// Those that the gateway obtains by ACME, whether it has them or not.
    package var managed: [ManagedCertificate]

    /// All of them.
    package init(_ status: TLSStatus, managed: [ManagedCertificate] = [], at now: UnixTime) {
        certificates = status.certificates.map { Entry($0, at: now, choice: nil) }
        self.managed = managed
    }

    /// Of each listener the one that is shown for `name`, in any case, and those that are obtained for
    /// it.
    package init(
        _ status: TLSStatus,
        managed: [ManagedCertificate] = [],
        for name: String,
        at now: UnixTime
    ) {
        let name = name.lowercased()
        self.managed = managed.filter { certificate in
            HostMatch.find(name) { certificate.names.contains($0) ? $0 : nil } != nil
        }
        var order: [String] = []
        var best: [String: (Choice, ServedCertificate)] = [:]
        for certificate in status.certificates {
            let listener = certificate.listener
            if !order.contains(listener) { order.append(listener) }
            guard let choice = certificate.choice(for: name) else { continue }
            if let (other, _) = best[listener], other.rank <= choice.rank { continue }
            best[listener] = (choice, certificate)
        }
        certificates = order.compactMap { listener in
            best[listener].map { Entry($0.1, at: now, choice: $0.0) }
        }
    }
}

extension CertificateList.Entry {
    private static let secondsPerDay: Int64 = 86_400

    fileprivate init(
        _ certificate: ServedCertificate,
        at now: UnixTime,
        choice: CertificateList.Choice?
    ) {
        let seconds = certificate.expiresAt.seconds - now.seconds
        let days = seconds / Self.secondsPerDay
        self.init(
            certificate: certificate,
            daysLeft: seconds < 0 ? min(days, -1) : days,
            choice: choice
        )
    }
}

extension CertificateList.Choice {
    fileprivate var rank: Int {
        switch self {
        case .exact: 0
        case .wildcard: 1
        case .default: 2
        }
    }
}

extension ServedCertificate {
    /// Why it may be shown for `name`, which is in lower case; `nil` if it is not.
    fileprivate func choice(for name: String) -> CertificateList.Choice? {
        switch HostMatch.find(name, by: { names.contains($0) ? $0 : nil })?.match {
        case .exact: .exact
        case .wildcard: .wildcard
        case nil: isDefault ? .default : nil
        }
    }
}
