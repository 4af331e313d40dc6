import Settings
import TLS
import Text
import Traffic

extension TLSFileLoader {
    /// Reports lists of ciphers that OpenSSL does not accept, and what is weak in them.
    mutating func check(_ list: TLSPlaces.CipherList) {
        let version = list.kind.version
        guard let ciphers = TLSCiphers(list.text, of: version), !ciphers.names.isEmpty else {
            report(
                .error,
                at: list.location,
                "\(list.text.quoted) chooses no cipher of TLS \(version == .tls13 ? "1.3" : "1.2")",
                remedy: "use names that \(list.kind.command) prints, or remove the key"
            )
            return
        }
        for part in TLSCiphers.uselessParts(of: list.text, of: version) {
            report(
                .warning,
                at: list.location,
                "\(part.quoted) chooses no cipher",
                remedy: "use names that \(list.kind.command) prints"
            )
        }
        guard !ciphers.weak.isEmpty else { return }
        let more = ciphers.weak.count > 4 ? " and \(ciphers.weak.count - 4) more" : ""
        report(
            .warning,
            at: list.location,
            "without forward secrecy, or without authenticated encryption:"
                + " \(ciphers.weak.prefix(4).joined(separator: ", "))\(more)",
            remedy: "remove them, or the key for the standard ones"
        )
    }
}

extension TLSPlaces.CipherList.Kind {
    fileprivate var version: TLSSession.Version { self == .cipherSuites ? .tls13 : .tls12 }

    fileprivate var command: String {
        self == .cipherSuites ? "openssl ciphers -s -tls1_3" : "openssl ciphers -s -tls1_2"
    }
}
