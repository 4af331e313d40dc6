import HTTPProtocol
import Text

/// Collects a whole answer that is short: one that is read, or changed, before the client gets it.
struct AnswerCollector: Sendable {
    /// What does not let an answer be collected.
    enum Failure: Error {
        case malformed(HTTPSyntaxError)
        /// The answer is longer; what was collected of it is kept.
        case tooLong
    }

    /// As long as a load's answer may be.
    static let loadByteLimit = 65_536
    /// A list of many backends.
    static let listByteLimit = 1 << 20

    /// How many answers may announce another one: a backend's endless ones would keep a client waiting.
    static let interimLimit = 32

    private let method: String
    private let byteLimit: Int
    private var reader = HTTPAnswerReader()
    private(set) var head: HTTPAnswerHead?
    /// Of the content, in its transfer coding.
    private(set) var content: [UInt8] = []
    /// What is left of the content; `nil` for the end of the stream.
    private(set) var body: BodyLength?
    private(set) var hasBegun = false
    private var interimCount = 0
    /// Whether the backend has sent more than its answer.
    private(set) var hasExcess = false

    init(answering method: String, byteLimit: Int = Self.loadByteLimit) {
        self.method = method
        self.byteLimit = byteLimit
    }

    var isComplete: Bool { head != nil && body?.isComplete == true }

    /// Whether some of the answer has arrived, or of one that announces it.
    var hasPart: Bool { head != nil || !reader.isEmpty }

    /// Whether the end of the backend's stream is the answer's.
    var endsWithStream: Bool { head != nil && body == nil }

    /// - Returns: the interim answers that preceded the final one.
    mutating func receive(_ bytes: Span<UInt8>) throws(Failure) -> [HTTPAnswerHead] {
        hasBegun = true
        var interim: [HTTPAnswerHead] = []
        var position = 0
        do throws(HTTPSyntaxError) {
            while head == nil {
                let rest = bytes.extracting(position..<bytes.count)
                guard !rest.isEmpty, let (next, count) = try reader.receive(rest) else {
                    return interim
                }
                position += count
                // Another protocol would follow, which nobody has asked for.
                if next.status == 101 { throw .badStatusLine }
                if next.isInterim {
                    interim.append(next)
                    interimCount += 1
                    if interimCount > Self.interimLimit { throw .headTooLong }
                } else {
                    head = next
                    body = next.body(answering: method)
                }
            }
            let rest = bytes.extracting(position..<bytes.count)
            let count = try body?.receive(rest) ?? rest.count
            hasExcess = hasExcess || count < rest.count
            content += rest.copy(0..<count)
        } catch {
            throw .malformed(error)
        }
        guard content.count <= byteLimit else { throw .tooLong }
        return interim
    }

    /// The content without its transfer coding.
    var plainContent: [UInt8] {
        guard head?.value(of: "transfer-encoding") != nil else { return content }
        var plain: [UInt8] = []
        var position = 0
        let bytes = content.span
        while position < bytes.count {
            let rest = bytes.extracting(position..<bytes.count)
            guard let (size, _) = rest.leadingHexadecimal, size > 0,
                let end = rest.firstIndex(of: UInt8(ascii: "\n")), end + 1 + size <= rest.count
            else { break }
            plain += rest.copy((end + 1)..<(end + 1 + size))
            position += end + 1 + size + 2
        }
        return plain
    }
}
