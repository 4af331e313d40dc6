import Addresses
import Operations
import ProxyProtocol
import Settings

/// What a backend receives about a client, before any of the client's bytes.
struct OutgoingHeader {
    let client: SocketAddress
    let destination: SocketAddress
    /// The headers that came with the client and are believed, outermost first.
    let received: [ProxyHeader]

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
        if options.addsCRC32C { header.tlvs.append(.checksum) }
        return header
    }

    /// "I speak for myself", for a health check.
    static let localV1 = Array("PROXY UNKNOWN\r\n".utf8)
    static let localV2: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20, 0, 0, 0,
    ]
}
