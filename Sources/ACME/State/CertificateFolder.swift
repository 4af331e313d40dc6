import Credentials
import FoundationEssentials
import Settings
import Sockets
import Text
import Time

/// Where a certificate is kept:
///
///     gw.example.com-1f4a2c7d/
///       3.key          of the certificate, 0600
///       3.pem          the chain
///       record.json    which number counts, and when it is renewed
///
/// A key and its chain are written before the record names them, each file atomically
/// (``FileDraft``), so that a crash between any two steps leaves a pair that fits.
struct CertificateFolder: Hashable, Sendable {
    private static let recordLimit = 1 << 16
    private static let fileLimit = 1 << 18

    let path: String

    /// - Parameter root: the folder of all certificates.
    init(of names: [String], in root: String) {
        let sorted = names.sorted()
        let digest = Digest.sha256(sorted.joined(separator: ",").utf8).prefix(4)
        let name = (sorted.first ?? "").replacing("*", with: "_").prefix(64)
        path = "\(root)/\(name)-\(Array(digest).hexadecimal)"
    }

    func keyPath(_ generation: Int) -> String { "\(path)/\(generation).key" }
    func chainPath(_ generation: Int) -> String { "\(path)/\(generation).pem" }
    private var recordPath: String { "\(path)/record.json" }

    func make() throws(ACMEError) { try PrivateFiles.makeFolder(path) }

    func write(_ key: CertificateKey, _ generation: Int) throws(ACMEError) {
        try PrivateFiles.write(key.pem, to: keyPath(generation))
    }

    func write(_ chain: IssuedChain, _ generation: Int) throws(ACMEError) {
        try PrivateFiles.write(chain.pem, to: chainPath(generation))
    }

    func save(_ record: CertificateRecord) throws(ACMEError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // `try?`: a record has nothing that cannot be encoded.
        guard let data = try? encoder.encode(record) else {
            throw .file(path: recordPath, reason: "cannot encode it")
        }
        try PrivateFiles.write(String(decoding: data, as: UTF8.self) + "\n", to: recordPath)
    }

    /// - Returns: `nil` if there is none, or it is damaged: then ``newestPair`` has what there is.
    func record() -> CertificateRecord? {
        // `try?`: see above.
        guard let text = try? PrivateFiles.read(recordPath, limit: Self.recordLimit) else {
            return nil
        }
        return try? JSONDecoder().decode(CertificateRecord.self, from: Data(text.utf8))
    }

    func key(_ generation: Int) throws(ACMEError) -> CertificateKey {
        let path = keyPath(generation)
        let text = try PrivateFiles.read(path, limit: Self.fileLimit)
        guard let key = CertificateKey(pem: text) else {
            throw .file(path: path, reason: "it is not a private key in PEM format")
        }
        return key
    }

    func chain(_ generation: Int) throws(ACMEError) -> String {
        try PrivateFiles.read(chainPath(generation), limit: Self.fileLimit)
    }

    /// The numbers of all keys and chains, the highest first.
    var generations: [Int] {
        let numbers = files.compactMap { Self.generation(of: $0) }
        return Set(numbers).sorted(by: >)
    }

    /// Removes what no record needs: keys and chains of other numbers, and drafts of a process that
    /// has crashed.
    func removeAll(except kept: Set<Int>) {
        for file in files where file != "record.json" {
            let isKept = Self.generation(of: file).map(kept.contains) ?? false
            if !isKept { File.remove("\(path)/\(file)") }
        }
    }

    private var files: [String] {
        // `try?`: a folder that cannot be read has no files that count.
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    /// Of `3.key` and `3.pem`.
    private static func generation(of file: String) -> Int? {
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "key" || parts[1] == "pem" else { return nil }
        return Int(parts[0])
    }
}
