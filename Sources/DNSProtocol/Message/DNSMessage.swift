/// A DNS message (RFC 1035 §4.1), with its OPT record apart (RFC 6891).
///
/// ```swift
/// let query = try DNSMessage(parsing: datagram.span)
/// var answer = DNSMessage(answering: query)
/// answer.answers = [DNSRecord(name, ttl: 60, address)]
/// let bytes = answer.encoded(atMost: 1_232)
/// ```
package struct DNSMessage: Hashable, Sendable {
    package var header: DNSHeader
    package var questions: [DNSQuestion] = []
    package var answers: [DNSRecord] = []
    package var authorities: [DNSRecord] = []
    /// Without the OPT record.
    package var additionals: [DNSRecord] = []
    package var edns: EDNS?

    package init(_ header: DNSHeader) {
        self.header = header
    }

    /// The header and the questions of an answer to `query`.
    package init(answering query: DNSMessage) {
        header = DNSHeader(id: query.header.id)
        header.isResponse = true
        header.opcode = query.header.opcode
        header.isRecursionDesired = query.header.isRecursionDesired
        questions = query.questions
    }

    /// All of a response's code (RFC 6891 §6.1.3).
    package var responseCode: DNSResponseCode {
        get {
            DNSResponseCode(
                rawValue: header.responseCode.rawValue | UInt16(edns?.extendedCode ?? 0) << 4
            )
        }
        set {
            header.responseCode = newValue
            edns?.extendedCode = UInt8(truncatingIfNeeded: newValue.rawValue >> 4)
        }
    }
}

/// One question (RFC 1035 §4.1.2).
package struct DNSQuestion: Hashable, Sendable {
    package var name: DNSName
    package var type: DNSType
    package var `class`: DNSClass
    /// The name in the case in which it was asked for, which the answer repeats: resolvers recognize
    /// forged answers by it.
    package var spelling: [UInt8]

    package init(_ name: DNSName, _ type: DNSType, class: DNSClass = .in) {
        self.name = name
        self.type = type
        self.class = `class`
        spelling = name.wire
    }
}

// MARK: - Reading

extension DNSMessage {
    /// Reads a whole message.
    ///
    /// - Complexity: O(n) in its size, times the labels of a name at worst.
    package init(parsing message: Span<UInt8>) throws(DNSMessageError) {
        var position = 0
        header = DNSHeader(
            id: try message.number16(at: &position),
            flags: try message.number16(at: &position)
        )
        let questionCount = try message.number16(at: &position)
        let answerCount = try message.number16(at: &position)
        let authorityCount = try message.number16(at: &position)
        let additionalCount = try message.number16(at: &position)
        for _ in 0..<questionCount {
            questions.append(try DNSQuestion.read(message, at: &position))
        }
        answers = try Self.records(answerCount, message, at: &position)
        authorities = try Self.records(authorityCount, message, at: &position)
        additionals = try Self.records(additionalCount, message, at: &position)
        guard position == message.count else { throw .trailingBytes }
        try takeEDNS()
    }

    private static func records(
        _ count: UInt16,
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> [DNSRecord] {
        var records: [DNSRecord] = []
        for _ in 0..<count { records.append(try DNSRecord.read(message, at: &position)) }
        return records
    }

    private mutating func takeEDNS() throws(DNSMessageError) {
        guard let index = additionals.firstIndex(where: { $0.type == .opt }) else { return }
        edns = try EDNS(additionals.remove(at: index))
        if additionals.contains(where: { $0.type == .opt }) { throw .invalidOPT }
    }
}

extension DNSQuestion {
    fileprivate static func read(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> DNSQuestion {
        let spelling = try message.spelledName(at: &position)
        var question = DNSQuestion(
            DNSName(spelling: spelling),
            DNSType(rawValue: try message.number16(at: &position)),
            class: DNSClass(rawValue: try message.number16(at: &position))
        )
        question.spelling = spelling
        return question
    }
}
