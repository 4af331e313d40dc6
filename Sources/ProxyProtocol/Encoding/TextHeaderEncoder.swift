import Addresses

/// Writes a v1 header (§2.1).
enum TextHeaderEncoder {
    static func append(_ header: ProxyHeader, to bytes: inout [UInt8]) {
        guard let (signature, source, destination) = line(of: header) else {
            bytes.append(contentsOf: ProxySignature.unknown.bytes)
            bytes.append(contentsOf: [.carriageReturn, .lineFeed])
            return
        }
        bytes.append(contentsOf: signature.bytes)
        bytes.appendText(source.ip)
        bytes.append(.space)
        bytes.appendText(destination.ip)
        bytes.append(.space)
        bytes.appendDecimal(source.port)
        bytes.append(.space)
        bytes.appendDecimal(destination.port)
        bytes.append(contentsOf: [.carriageReturn, .lineFeed])
    }

    /// What the line says; `nil` for `UNKNOWN`.
    private static func line(
        of header: ProxyHeader
    ) -> (signature: ProxySignature, source: SocketAddress, destination: SocketAddress)? {
        guard header.command == .proxy, header.transport == .stream,
            case .ip(let source, let destination) = header.endpoints
        else { return nil }
        switch (source.ip, destination.ip) {
        case (.v4, .v4): return (.tcp4, source, destination)
        case (.v6, .v6): return (.tcp6, source, destination)
        default: return nil
        }
    }
}
