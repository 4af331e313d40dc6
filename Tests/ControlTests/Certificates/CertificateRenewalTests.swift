import Addresses
import Engine
import Foundation
import Logging
import Policy
import Settings
import Sockets
import Synchronization
import TestInputs
import Testing
import Time
import Traffic

@testable import Control

/// This module has others of that name.
private typealias Pairs = TestInputs.TestCertificates

@Suite("Certificate files that change while the gateway runs")
struct CertificateRenewalTests {
    // MARK: - When they are read

    private typealias Watch = CertificateFileWatch

    /// What a file's metadata are after each change.
    private static func versions(_ folder: TemporaryFolder, _ text: String) throws
        -> Watch.Versions
    {
        let path = folder.path(of: "file")
        try? FileManager.default.removeItem(atPath: path)
        try folder.write(Data(text.utf8), to: "file")
        return [path: try FileVersion(of: path)]
    }

    @Test("Files are read once they have not changed between two looks, and not again")
    func settling() throws {
        let folder = try TemporaryFolder()
        let (first, second) = (
            try Self.versions(folder, "1"), try Self.versions(folder, "twice as long")
        )
        var watch = Watch()
        #expect(watch.look(first, isUsed: false) == .wait(Watch.settling))
        #expect(watch.look(second, isUsed: false) == .wait(Watch.settling))
        #expect(watch.look(second, isUsed: false) == .read)
        #expect(watch.succeeded(second) == nil)
        #expect(watch.look(second, isUsed: true) == .wait(Watch.interval))
        // A reload, or a change of policy, has brought back others.
        #expect(watch.look(second, isUsed: false) == .read)
        // One that is gone is a change too.
        #expect(watch.look([:], isUsed: true) == .wait(Watch.settling))
        #expect(watch.look([:], isUsed: true) == .read)
    }

    @Test("What cannot be used is tried again at each look, and reported after a minute, once")
    func patience() {
        var watch = Watch()
        _ = watch.look([:], isUsed: false)
        func fails(_ reason: String, at seconds: Int) -> Watch.Report? {
            #expect(watch.look([:], isUsed: false) == .read)
            return watch.failed(reason, at: .seconds(seconds))
        }
        #expect(fails("a", at: 0) == nil && watch.standing == nil)
        #expect(fails("a", at: 30) == nil && watch.standing == nil)
        #expect(fails("a", at: 60) == .failing(reason: "a") && watch.standing == "a")
        #expect(fails("a", at: 90) == nil)
        #expect(fails("b", at: 120) == .failing(reason: "b") && watch.standing == "b")
        #expect(watch.succeeded([:]) == .recovered)
        #expect(watch.standing == nil)
        _ = watch.look([:], isUsed: false)
        #expect(watch.failed("c", at: .seconds(130)) == nil)
        #expect(watch.succeeded([:]) == nil)
    }

    // MARK: - What is used

    /// A gateway's files, as far as the renewal knows a gateway.
    private final class Site: Sendable {
        let folder: TemporaryFolder
        private let topology: Mutex<Topology>
        private let refusal = Mutex<GatewayError?>(nil)
        private let elapsed = Mutex(0)

        init() throws {
            folder = try TemporaryFolder()
            var listener = Listener(
                protocol: .http,
                address: try SocketAddress(parsing: "127.0.0.1:8443")
            )
            var settings = TLSSettings()
            settings.certificates = [
                CertificateFiles(
                    certificate: folder.path(of: "gw.pem"),
                    key: folder.path(of: "gw.key")
                )
            ]
            listener.tls = ListenerTLS(.required, settings)
            var topology = Topology(warehouses: [])
            topology.listeners = [listener]
            self.topology = Mutex(topology)
            try write(Pairs.gateway, Pairs.gatewayKey)
            var loader = TLSFileLoader(now: .systemTime)
            loader.load(topology)
            #expect(loader.findings == [])
            self.topology.withLock { $0.files = loader.files }
        }

        func write(_ chain: String?, _ key: String?, mode: Int = 0o600) throws {
            if let chain { try folder.write(Data(chain.utf8), to: "gw.pem") }
            guard let key else { return }
            let path = folder.path(of: "gw.key")
            try folder.write(Data(key.utf8), to: "gw.key")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        func refuse(_ error: GatewayError?) { refusal.withLock { $0 = error } }

        var renewal: CertificateRenewal {
            CertificateRenewal(
                topology: { [self] in topology.withLock { $0 } },
                use: { [self] files in
                    if let error = refusal.withLock({ $0 }) { return error }
                    topology.withLock { $0.files = files }
                    return nil
                },
                logger: Logger(label: "certificates") { _ in SwiftLogNoOpLogHandler() }
            )
        }

        var chain: String {
            let files = topology.withLock { $0.files }
            return String(decoding: files[folder.path(of: "gw.pem")] ?? [], as: UTF8.self)
        }

        /// Looks until it would be done for now.
        func look(_ renewal: CertificateRenewal) {
            for _ in 0..<3 {
                let now = elapsed.withLock { $0 }
                let rest = renewal.look(at: .systemTime, elapsed: .seconds(now))
                elapsed.withLock { $0 += Int(rest.components.seconds) }
                if rest == CertificateFileWatch.interval { return }
            }
        }
    }

    @Test("A new pair is used by itself")
    func renewed() throws {
        let site = try Site()
        let renewal = site.renewal
        site.look(renewal)
        #expect(site.chain == Pairs.gateway)
        try site.write(Pairs.other, Pairs.otherKey)
        site.look(renewal)
        #expect(site.chain == Pairs.other && renewal.failure == nil)
    }

    @Test("A certificate without its key changes nothing, until the key is there")
    func halfWritten() throws {
        let site = try Site()
        let renewal = site.renewal
        try site.write(Pairs.other, nil)
        site.look(renewal)
        site.look(renewal)
        #expect(site.chain == Pairs.gateway && renewal.failure == nil)
        site.look(renewal)
        site.look(renewal)
        #expect(renewal.failure?.contains("does not belong to the certificate") == true)
        try site.write(nil, Pairs.otherKey)
        site.look(renewal)
        #expect(site.chain == Pairs.other && renewal.failure == nil)
    }

    @Test("A key that others can read is refused, and so is a file that is cut off")
    func refused() throws {
        let site = try Site()
        let renewal = site.renewal
        try site.write(Pairs.other, Pairs.otherKey, mode: 0o644)
        for _ in 0..<4 { site.look(renewal) }
        #expect(site.chain == Pairs.gateway)
        #expect(renewal.failure?.contains("can be read by others") == true)
        let cut = String(Pairs.other.prefix(400))
        try site.write(cut, Pairs.otherKey)
        site.look(renewal)
        #expect(site.chain == Pairs.gateway && renewal.failure != nil)
    }

    @Test("What the gateway refuses is tried again")
    func refusedByGateway() throws {
        let site = try Site()
        let renewal = site.renewal
        site.refuse(.draining)
        try site.write(Pairs.other, Pairs.otherKey)
        for _ in 0..<4 { site.look(renewal) }
        #expect(site.chain == Pairs.gateway && renewal.failure != nil)
        site.refuse(nil)
        site.look(renewal)
        #expect(site.chain == Pairs.other && renewal.failure == nil)
    }
}
