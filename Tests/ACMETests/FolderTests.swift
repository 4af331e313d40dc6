import FoundationEssentials
import Settings
import Sockets
import Testing
import Time

@testable import ACME

@Suite("Certificates on disk")
final class FolderTests {
    private let root = "\(FileManager.default.temporaryDirectory.path)/acme-\(UUID().uuidString)"
    private let authority: TestAuthority
    private let schedule = RenewalSchedule()
    private let wanted = ACMESettings.Certificate(
        names: ["*.a.example", "a.example"],
        challenge: .dns
    )
    private var folder: CertificateFolder { CertificateFolder(of: wanted.names, in: root) }
    private var managed: ManagedRecord { ManagedRecord(wanted, in: root, schedule) }

    init() throws { authority = try TestAuthority() }

    deinit {
        // `try?`: there may be none.
        try? FileManager.default.removeItem(atPath: root)
    }

    private func settings() throws -> ACMESettings {
        let directory = try #require(WebURL("https://a.example/d"))
        return ACMESettings(directory: directory, certificates: [wanted])
    }

    /// A key, its chain and the record that names them, as far as `steps` goes.
    private func write(_ generation: Int, steps: Int = 3) throws {
        try folder.make()
        let key = try CertificateKey(.ecdsaP256)
        if steps > 0 { try folder.write(key, generation) }
        let pem = try authority.chain(for: wanted.names, key)
        let chain = try IssuedChain(parsing: pem, for: wanted.names, key)
        if steps > 1 { try folder.write(chain, generation) }
        guard steps > 2 else { return }
        var record = folder.record() ?? CertificateRecord(names: wanted.names)
        let pending = CertificateRecord.Pending(
            generation: generation,
            origin: .init(try settings())
        )
        record.succeed(chain, pending, schedule, random: 0)
        try folder.save(record)
    }

    private func mode(_ path: String) throws -> UInt32 { try FileStatus(of: path).permissions }

    @Test("What was written is read again, and nobody else can read any of it")
    func roundTrip() throws {
        try write(1)
        let managed = managed
        #expect(managed.certificate?.names == wanted.names)
        #expect(managed.record.current?.generation == 1)
        #expect(managed.record.current?.origin == .init(try settings()))
        #expect(try mode(folder.path) == 0o700)
        for path in [folder.keyPath(1), folder.chainPath(1), "\(folder.path)/record.json"] {
            #expect(try mode(path) == 0o600)
        }
    }

    @Test("A crash at any step of a renewal leaves the old pair or the new one", arguments: 0...3)
    func crash(steps: Int) throws {
        try write(1)
        let old = try #require(managed.certificate)
        try write(2, steps: steps)
        let found = try #require(managed.certificate)
        #expect((found == old) == (steps < 3))
        let key = try #require(CertificateKey(pem: found.keyPEM))
        let chain = try IssuedChain(parsing: found.chainPEM, for: found.names, key)
        #expect(chain.fingerprint == found.fingerprint)
    }

    @Test("Without its record, the newest pair that fits is used")
    func lostRecord() throws {
        try write(1)
        try write(2)
        let newest = try #require(managed.certificate)
        try write(3, steps: 1)
        for text in [nil, "", "{", "[]", "{\"names\":[\"a.example\"]}"] {
            File.remove("\(folder.path)/record.json")
            if let text { try PrivateFiles.write(text, to: "\(folder.path)/record.json") }
            if text?.contains("names") == true {
                // The record of other names says nothing about these.
                #expect(managed.certificate == nil)
            } else {
                #expect(managed.certificate == newest)
                #expect(managed.record.current?.generation == 2)
            }
        }
    }

    @Test("A key that others can read is not used")
    func exposed() throws {
        try write(1)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: folder.keyPath(1)
        )
        #expect(managed.certificate == nil)
        #expect(throws: ACMEError.self) { try folder.key(1) }
    }

    @Test("What no record needs is removed: old pairs, and drafts of a process that has crashed")
    func cleaning() throws {
        for generation in 1...3 { try write(generation) }
        try PrivateFiles.write("x", to: "\(folder.path)/3.key.4711")
        folder.removeAll(except: [3])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == ["3.key", "3.pem", "record.json"])
    }

    @Test("The order of the names makes no difference; other names have another folder")
    func names() {
        let other = CertificateFolder(of: ["a.example"], in: root)
        let swapped = CertificateFolder(of: ["a.example", "*.a.example"], in: root)
        #expect(other.path != folder.path)
        #expect(swapped == folder)
        #expect(folder.path.contains("/_.a.example-"))
    }

    @Test("An account's key is made once; one that is damaged is not replaced")
    func accountKey() throws {
        try PrivateFiles.makeFolder(root)
        let files = AccountFiles(of: try settings().directory, in: root)
        let key = try files.key()
        #expect(try files.key().thumbprint == key.thumbprint)
        #expect(try mode(files.keyPath) == 0o600)
        try PrivateFiles.write("nonsense", to: files.keyPath)
        #expect(throws: ACMEError.self) { try files.key() }
    }
}
