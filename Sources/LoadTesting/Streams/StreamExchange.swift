/// Bytes without a protocol.
package enum StreamExchange: Hashable, Sendable {
    /// Sends so many bytes and waits for the same bytes in return, again and again on a connection
    /// (RFC 862).
    case echo(byteCount: Int)
    /// Sends so many bytes, ends its side, and waits for the end of the other: then the peer has
    /// read them all. Takes a connection for each (RFC 863).
    case upload(byteCount: Int)
    /// Sends `request`, if any, and reads so many bytes; `nil` for all up to the end of the stream.
    /// Takes a connection for each.
    case download(byteCount: Int?, request: [UInt8])

    /// What makes it impossible, with a remedy; `nil` if all is well.
    package var fault: String? {
        let byteCount: Int? =
            switch self {
            case .echo(let count), .upload(let count): count
            case .download(let count, _): count
            }
        guard let byteCount else { return nil }
        return (1...1 << 50).contains(byteCount) ? nil : "use a size of 1 byte to 1 PiB"
    }
}
