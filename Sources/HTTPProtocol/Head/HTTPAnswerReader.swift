/// Collects the heads of a server's answers, which arrive in pieces of any size, one after another.
public struct HTTPAnswerReader: Sendable {
    private var collector: HeadCollector<AnswerDraft>

    /// - Parameter byteLimit: the longest head, in bytes.
    public init(byteLimit: Int = HTTPSyntaxError.headByteLimit) {
        collector = HeadCollector(byteLimit: byteLimit)
    }

    /// How many bytes of an unfinished head have arrived.
    public var byteCount: Int { collector.held.count }

    /// Whether nothing of a head has arrived.
    public var isEmpty: Bool { collector.isEmpty }

    /// What has arrived of an unfinished or malformed head, up to the limit.
    public var held: [UInt8] { collector.held }

    /// Reads the server's next bytes.
    ///
    /// - Returns: the head, and how many of `bytes` belong to it; `nil` if more is needed, and all of
    ///   `bytes` are kept. After a head the reader is as new; another one follows an interim answer.
    /// - Throws: as soon as a line that is malformed has ended; if the first bytes are not HTTP/1, at
    ///   once.
    public mutating func receive(
        _ bytes: Span<UInt8>
    ) throws(HTTPSyntaxError) -> (head: HTTPAnswerHead, consumed: Int)? {
        guard let collected = try collector.receive(bytes) else { return nil }
        return (HTTPAnswerHead(collected), collected.consumed)
    }
}
