import Foundation

/// A certificate authority of the test, kept by `openssl ca`, with its files in a folder of its own.
final class CertificateAuthority: Sendable {
    /// A certificate and its key, as paths of PEM files.
    struct Pair: Sendable {
        var certificate: String
        var key: String
        /// Keeps the files.
        fileprivate var folder: TemporaryFolder?

        init(certificate: String, key: String) {
            (self.certificate, self.key) = (certificate, key)
        }

        /// As in the configuration file.
        var yaml: String { "{ certificate: \"\(certificate)\", key: \"\(key)\" }" }
    }

    enum Key: String {
        case ec = "ec -pkeyopt ec_paramgen_curve:P-256"
        case rsa = "rsa:2048"
    }

    /// Signs what most tests need.
    static let shared = Result { try CertificateAuthority("Test Authority") }

    private let folder: TemporaryFolder
    private let configuration: String

    /// - Parameter name: the common name of the authority.
    init(_ name: String) throws {
        folder = try TemporaryFolder()
        configuration = try folder.write(Self.configuration(in: folder.path), to: "ca.cnf")
        try folder.write("", to: "index")
        try folder.write("1000\n", to: "crlnumber")
        try Self.openssl(
            ["req", "-x509", "-nodes", "-newkey"] + Self.words(.ec) + [
                "-keyout", "\(folder.path)/ca.key", "-out", certificate, "-days", "30",
                "-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ]
        )
    }

    /// The path of the authority's own certificate.
    var certificate: String { "\(folder.path)/ca.pem" }

    /// Signs a certificate.
    ///
    /// - Parameters:
    ///   - name: the common name.
    ///   - names: alternative names, `DNS:` or `IP:` in front; the common name as DNS by default.
    ///   - expired: whether its time is over.
    ///   - seconds: after which its time will be over; `nil` for long after the test.
    func issue(
        _ name: String,
        names: [String]? = nil,
        key: Key = .ec,
        expired: Bool = false,
        lasting seconds: TimeInterval? = nil
    ) throws -> Pair {
        let stem = "\(folder.path)/\(UUID().uuidString.prefix(8))"
        var pair = Pair(certificate: "\(stem).pem", key: "\(stem).key")
        pair.folder = folder
        let alternatives = (names ?? ["DNS:\(name)"]).joined(separator: ",")
        try Self.openssl(
            ["req", "-new", "-nodes", "-newkey"] + Self.words(key) + [
                "-keyout", pair.key, "-out", "\(stem).csr", "-subj", "/CN=\(name)",
                "-addext", "subjectAltName=\(alternatives)",
                "-addext", "basicConstraints=CA:FALSE",
            ]
        )
        var time = expired ? ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] : []
        if let seconds {
            let format = Date.ISO8601FormatStyle(
                dateSeparator: .omitted,
                timeSeparator: .omitted
            )
            let end = Date(timeIntervalSinceNow: seconds).formatted(format)
            time = ["-enddate", end.replacingOccurrences(of: "T", with: "")]
        }
        try Self.openssl(
            [
                "ca", "-batch", "-config", configuration, "-notext", "-in", "\(stem).csr",
                "-out", pair.certificate,
            ] + time
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pair.key)
        return pair
    }

    /// Revokes a certificate.
    func revoke(_ pair: Pair) throws {
        try Self.openssl(["ca", "-config", configuration, "-revoke", pair.certificate])
    }

    /// The path of the revocation list as it is now.
    func revocationList() throws -> String {
        let path = "\(folder.path)/\(UUID().uuidString.prefix(8)).crl"
        try Self.openssl(["ca", "-config", configuration, "-gencrl", "-out", path])
        return path
    }

    private static func words(_ key: Key) -> [String] {
        key.rawValue.split(separator: " ").map(String.init)
    }

    private static func openssl(_ arguments: [String]) throws {
        let result = try runProgram("openssl", arguments)
        guard result.status == 0 else {
            throw HarnessError("openssl \(arguments): \(result.errorOutput)")
        }
    }

    private static func configuration(in folder: String) -> String {
        """
        [ca]
        default_ca = own
        [own]
        database = \(folder)/index
        new_certs_dir = \(folder)
        certificate = \(folder)/ca.pem
        private_key = \(folder)/ca.key
        crlnumber = \(folder)/crlnumber
        rand_serial = yes
        default_md = sha256
        default_days = 20
        default_crl_days = 20
        unique_subject = no
        copy_extensions = copy
        policy = any
        [any]
        commonName = supplied

        """
    }
}
