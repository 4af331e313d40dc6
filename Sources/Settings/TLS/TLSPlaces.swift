package import Addresses

/// Where a configuration file has what only the content of other files, or OpenSSL, can judge.
///
/// Paths are as written, until ``mapPaths(_:)``.
package struct TLSPlaces: Hashable, Sendable {
    /// A choice of ciphers, in OpenSSL's spelling.
    package struct CipherList: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// Of TLS 1.2.
            case ciphers
            /// Of TLS 1.3.
            case cipherSuites
        }

        package let kind: Kind
        package let text: String
        package let location: ValueLocation
    }

    private var files: [String: ValueLocation] = [:]
    private var pairs: [CertificateFiles: ValueLocation] = [:]
    private var listeners: [SocketAddress: ValueLocation] = [:]
    package private(set) var cipherLists: [CipherList] = []

    package init() {}

    /// The first place that names the file.
    package subscript(file path: String) -> ValueLocation? { files[path] }
    /// The first place that names a certificate together with its key.
    package subscript(pair: CertificateFiles) -> ValueLocation? { pairs[pair] }
    /// A listener's key `tls`.
    package subscript(listener address: SocketAddress) -> ValueLocation? { listeners[address] }

    mutating func add(file path: String, at location: ValueLocation) {
        files[path] = files[path] ?? location
    }

    mutating func add(_ pair: CertificateFiles, at location: ValueLocation) {
        pairs[pair] = pairs[pair] ?? location
    }

    mutating func add(listener address: SocketAddress, at location: ValueLocation) {
        listeners[address] = location
    }

    mutating func add(_ kind: CipherList.Kind, _ text: String, at location: ValueLocation) {
        cipherLists.append(CipherList(kind: kind, text: text, location: location))
    }

    /// Replaces each path, as ``Topology/mapTLSPaths(_:)`` does.
    package mutating func mapPaths(_ transform: (String) -> String) {
        files = Dictionary(files.map { (transform($0), $1) }, uniquingKeysWith: min)
        pairs = Dictionary(
            pairs.map { pair, location in
                let (certificate, key) = (transform(pair.certificate), transform(pair.key))
                return (CertificateFiles(certificate: certificate, key: key), location)
            },
            uniquingKeysWith: min
        )
    }
}

extension ValueLocation: Comparable {
    /// Whether `a` precedes `b` in the same file.
    package static func < (a: ValueLocation, b: ValueLocation) -> Bool {
        (a.position, a.path) < (b.position, b.path)
    }
}
