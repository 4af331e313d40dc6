import Operations
import Settings
import Text
import Time

/// A wanted certificate with all that is known of it.
struct ManagedRecord: Sendable {
    let wanted: ACMESettings.Certificate
    let folder: CertificateFolder
    var record: CertificateRecord
    /// What is used; `nil` if there is none.
    var certificate: ObtainedCertificate?

    /// Reads what is on disk. A damaged record, or one whose files are gone, is replaced by what can
    /// be used of the files: a certificate that is there is never lost.
    init(_ wanted: ACMESettings.Certificate, in root: String, _ schedule: RenewalSchedule) {
        self.wanted = wanted
        folder = CertificateFolder(of: wanted.names, in: root)
        record = folder.record() ?? CertificateRecord(names: wanted.names)
        guard record.names == wanted.names.sorted() else {
            record = CertificateRecord(names: wanted.names)
            return
        }
        if let current = record.current, let found = pair(current.generation) {
            certificate = ObtainedCertificate(wanted.names, found.chain, found.key)
            return
        }
        record.current = nil
        for generation in folder.generations {
            guard let found = pair(generation) else { continue }
            let chain = found.chain
            record.current = .init(
                generation: generation,
                notBefore: chain.notBefore,
                expiresAt: chain.expiresAt,
                renewAt: schedule.renewal(from: chain.notBefore, to: chain.expiresAt, random: 0),
                fingerprint: chain.fingerprint
            )
            certificate = ObtainedCertificate(wanted.names, chain, found.key)
            return
        }
    }

    /// `nil` unless both files are there and fit each other.
    private func pair(_ generation: Int) -> (chain: IssuedChain, key: CertificateKey)? {
        // `try?`: what is of no use is obtained again.
        guard let key = try? folder.key(generation), let pem = try? folder.chain(generation),
            let chain = try? IssuedChain(parsing: pem, for: wanted.names, key)
        else { return nil }
        return (chain, key)
    }

    /// - Parameter next: when it is due; `now` for at once.
    func status(at now: UnixTime, next: UnixTime) -> ManagedCertificate {
        var status = ManagedCertificate(
            names: wanted.names,
            challenge: wanted.challenge.rawValue,
            state: state(at: now),
            failures: record.failure?.count ?? 0
        )
        status.fingerprint = record.current?.fingerprint
        status.expiresAt = record.current?.expiresAt
        status.renewsAt = record.current?.renewAt
        status.isOrdered = record.pending?.order != nil
        status.nextAttemptAt = next > now ? next : nil
        status.lastError = record.failure?.message
        status.lastErrorAt = record.failure?.at
        status.remedy = record.failure?.remedy
        return status
    }

    private func state(at now: UnixTime) -> ManagedCertificate.State {
        guard let current = record.current else {
            return record.failure == nil ? .pending : .failing
        }
        if current.expiresAt <= now { return .expired }
        return record.failure == nil ? .valid : .renewalFailing
    }
}

extension ObtainedCertificate {
    init(_ names: [String], _ chain: IssuedChain, _ key: CertificateKey) {
        self.init(
            names: names,
            chainPEM: chain.pem,
            keyPEM: key.pem,
            fingerprint: chain.fingerprint,
            expiresAt: chain.expiresAt
        )
    }
}
