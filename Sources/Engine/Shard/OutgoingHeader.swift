import Addresses
import Operations
import ProxyProtocol
import Settings
import Traffic

/// What a backend receives about a client, before any of the client's bytes.
struct OutgoingHeader {
    let client: SocketAddress
    let destination: SocketAddress
    /// The headers that came with the client and are believed, outermost first.
    let received: [ProxyHeader]
    /// The client's TLS session that ended here.
    var tls: TLSSession?

    /// The header in the form that the listener's backends expect.
    func bytes(for settings: SendProxyProtocol) throws(ProxyHeaderEncodingError) -> [UInt8] {
        switch settings {
        case .off: []
        case .v1: try header(.v1).encoded()
        case .v2(let options): try headerV2(options).encoded()
        }
    }

    private func header(_ version: ProxyHeader.Version) -> ProxyHeader {
        ProxyHeader(source: client, destination: destination, version: version)
    }

    private func headerV2(_ options: SendProxyProtocol.V2Options) -> ProxyHeader {
        var header = header(.v2)
        if options.passTLVs {
            // The checksum was for the header that they came in.
            header.tlvs = received.flatMap(\.tlvs).filter { $0.type != .crc32c }
        }
        if options.addsTLS, let tls {
            // What is said of TLS is said once.
            let own = tls.proxyTLVs
            header.tlvs.removeAll { received in own.contains { $0.type == received.type } }
            header.tlvs += own
        }
        if options.addsCRC32C { header.tlvs.append(.checksum) }
        return header
    }

    /// "I speak for myself", for a health check.
    static let localV1 = Array("PROXY UNKNOWN\r\n".utf8)
    static let localV2: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20, 0, 0, 0,
    ]
}

extension TLSSession {
    /// What a backend learns about the session (PROXY protocol §2.2.1, §2.2.2, §2.2.6).
    fileprivate var proxyTLVs: [ProxyTLV] {
        var tlvs: [ProxyTLV] = []
        if let applicationProtocol { tlvs.append(ProxyTLV(.alpn, Array(applicationProtocol.utf8))) }
        if let serverName { tlvs.append(ProxyTLV(.authority, Array(serverName.utf8))) }
        var client: ProxySSL.Client = .ssl
        var parts = [
            ProxyTLV(.sslVersion, Array(version.rawValue.utf8)),
            ProxyTLV(.sslCipher, Array(cipher.utf8)),
        ]
        if let clientCertificate {
            client.formUnion([.certificateInSession])
            if !isResumed { client.formUnion([.certificateOnConnection]) }
            if let name = clientCertificate.commonName {
                parts.append(ProxyTLV(.sslCommonName, Array(name.utf8)))
            }
        }
        // Certificates that do not verify end the handshake: what was shown is verified.
        let verify: UInt32 = clientCertificate == nil ? 1 : 0
        tlvs.append(ProxyTLV(.ssl, ProxySSL(client: client, verify: verify, tlvs: parts).value))
        return tlvs
    }
}
