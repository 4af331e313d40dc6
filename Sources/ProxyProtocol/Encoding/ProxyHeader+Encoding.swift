extension ProxyHeader {
    /// Appends the header to `bytes`, to be sent at once and before anything else (§2).
    ///
    /// - v1 has no LOCAL, datagram or UNIX sockets, and no addresses of two families: they become
    ///   `PROXY UNKNOWN`. It has no TLVs: they are left out.
    /// - v2 writes an address of each family as two IPv6 addresses, the IPv4 one mapped (RFC 4291
    ///   §2.5.5.2), as HAProxy does. LOCAL, and a header whose endpoints or
    ///   transport are unspecified, has length 0 and no TLVs: a receiver could not find them.
    /// - A checksum among the TLVs is computed anew, wherever it stands (§2.2.3).
    ///
    /// - Parameter addingChecksum: whether a v2 header with addresses gets a checksum at its end,
    ///   where it has none.
    /// - Throws: ``ProxyHeaderEncodingError``; `bytes` is then as it was.
    public func encode(
        into bytes: inout [UInt8],
        addingChecksum: Bool = false
    ) throws(ProxyHeaderEncodingError) {
        switch version {
        case .v1:
            TextHeaderEncoder.append(self, to: &bytes)
        case .v2:
            let encoder = try BinaryHeaderEncoder(self, addingChecksum: addingChecksum)
            encoder.append(to: &bytes)
        }
    }

    /// The header's bytes; see ``encode(into:addingChecksum:)``.
    public func encoded(addingChecksum: Bool = false) throws(ProxyHeaderEncodingError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(into: &bytes, addingChecksum: addingChecksum)
        return bytes
    }
}
