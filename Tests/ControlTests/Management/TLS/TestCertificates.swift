import Addresses
import Foundation
import Operations
import Settings
import Time

@testable import Control

/// Certificates for tests, in a folder of their own.
struct TestCertificates: Sendable {
    static let day: Int64 = 86_400

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func files(_ name: String) -> CertificateFiles {
        CertificateFiles(stem: folder.path(of: name))
    }

    /// A self-signed certificate that was made at `now`; the one that is there if it still lives.
    @discardableResult
    func make(
        _ name: String,
        names: [String] = [],
        now: UnixTime = .systemTime
    ) throws -> (certificate: ServerCertificate, outcome: SelfSignedCertificate.Outcome) {
        var management = ManagementSettings(address: ServedManagement.loopback)
        management.names = names
        let own = SelfSignedCertificate(management: management, files: files(name))
        let (certificate, outcome) = try own.load(now: now)
        return (certificate, outcome)
    }

    /// One that serves.
    func served(_ name: String) throws -> ManagementCertificate {
        ManagementCertificate(try make(name).certificate, logger: ServedManagement.logger)
    }

    func fingerprint(_ name: String) throws -> CertificateFingerprint {
        let text = try make(name).certificate.status.fingerprint
        guard let fingerprint = CertificateFingerprint(parsing: text) else {
            throw CocoaError(.formatting)
        }
        return fingerprint
    }

    /// A configuration whose management address has these files.
    func loaded(_ files: CertificateFiles) -> LoadedConfiguration {
        var topology = Topology(management: ServedManagement.loopback, warehouses: [])
        topology.management.tls = .files(files)
        return LoadedConfiguration(
            file: "sluice.yaml",
            configuration: GatewayConfiguration(topology),
            topology: topology,
            findings: []
        )
    }
}
