/// Collects a request's head that arrives in pieces of any size, one head after another.
///
/// Empty lines before a request are dropped (RFC 9112 §2.2).
public struct HTTPRequestReader: Sendable {
    private var collector: HeadCollector<RequestDraft>

    /// - Parameter byteLimit: the longest head, in bytes, empty lines before it included.
    public init(byteLimit: Int = 65_536) {
        collector = HeadCollector(byteLimit: byteLimit)
    }

    /// How many bytes of an unfinished head have arrived.
    public var byteCount: Int { collector.held.count }

    /// Whether nothing but empty lines has arrived.
    public var isEmpty: Bool { collector.isEmpty }

    /// What has arrived of an unfinished or malformed head, up to the limit.
    public var held: [UInt8] { collector.held }

    /// Reads the client's next bytes.
    ///
    /// - Returns: the head, and how many of `bytes` belong to it; `nil` if more is needed, and all of
    ///   `bytes` are kept. After a head the reader is as new.
    /// - Throws: as soon as a line that is malformed has ended; a method that is not one at once.
    public mutating func receive(
        _ bytes: Span<UInt8>
    ) throws(HTTPSyntaxError) -> (head: HTTPRequestHead, consumed: Int)? {
        guard let collected = try collector.receive(bytes) else { return nil }
        return (HTTPRequestHead(collected), collected.consumed)
    }
}
