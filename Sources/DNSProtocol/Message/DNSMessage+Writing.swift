import Addresses

extension DNSMessage {
    /// The message's bytes, with names compressed (RFC 1035 §4.1.4).
    ///
    /// Of more than `limit` bytes, additional records are left out. If that is not enough, all records
    /// are, and the message is marked as truncated (RFC 2181 §9).
    ///
    /// - Parameter limit: in bytes; at least 512, which a question and an OPT record never exceed.
    package func encoded(atMost limit: Int = 0xffff) -> [UInt8] {
        var writer = DNSWriter(limit: limit - (edns?.byteCount ?? 0))
        writer.append(header)
        for question in questions { writer.append(question) }
        let isWhole =
            writer.append(answers, count: .answers)
            && writer.append(authorities, count: .authorities)
        if !isWhole { return truncated().encoded(atMost: limit) }
        // What does not fit is left out: it only saves further questions.
        _ = writer.append(additionals, count: .additionals)
        if let edns { writer.append(edns) }
        return writer.bytes
    }

    /// Without its records: the client asks again over TCP.
    package func truncated() -> DNSMessage {
        var message = DNSMessage(header)
        message.header.isTruncated = true
        message.questions = questions
        message.edns = edns
        return message
    }
}

/// Writes a message from its header on.
struct DNSWriter {
    /// Where the header has the count of a section's records.
    enum Count: Int {
        case questions = 4
        case answers = 6
        case authorities = 8
        case additionals = 10
    }

    /// As many places are remembered for pointers: enough for each name of most messages.
    private static let targetLimit = 64

    private(set) var bytes: [UInt8] = []
    private let limit: Int
    /// Where labels start to which a pointer may lead.
    private var targets: [Int] = []

    init(limit: Int) {
        self.limit = limit
        bytes.reserveCapacity(256)
    }

    mutating func append(_ header: DNSHeader) {
        bytes.append16(header.id)
        bytes.append16(header.flags)
        for _ in 0..<8 { bytes.append(0) }
    }

    mutating func append(_ question: DNSQuestion) {
        appendName(question.spelling)
        bytes.append16(question.type.rawValue)
        bytes.append16(question.class.rawValue)
        increment(.questions)
    }

    /// - Returns: whether all of them fit; otherwise none is left.
    mutating func append(_ records: [DNSRecord], count: Count) -> Bool {
        let (start, targetCount) = (bytes.count, targets.count)
        for record in records {
            append(record)
            increment(count)
            guard bytes.count <= limit else {
                bytes.removeSubrange(start...)
                targets.removeSubrange(targetCount...)
                bytes[count.rawValue] = 0
                bytes[count.rawValue + 1] = 0
                return false
            }
        }
        return true
    }

    mutating func append(_ edns: EDNS) {
        edns.append(to: &bytes)
        increment(.additionals)
    }

    private mutating func increment(_ count: Count) {
        let number = UInt16(bytes[count.rawValue]) << 8 | UInt16(bytes[count.rawValue + 1])
        bytes[count.rawValue] = UInt8(truncatingIfNeeded: (number + 1) >> 8)
        bytes[count.rawValue + 1] = UInt8(truncatingIfNeeded: number + 1)
    }

    private mutating func append(_ record: DNSRecord) {
        appendName(record.name.wire)
        bytes.append16(record.type.rawValue)
        bytes.append16(record.class.rawValue)
        bytes.append32(record.ttl)
        let lengthPlace = bytes.count
        bytes.append16(0)
        append(record.data)
        let length = UInt16(clamping: bytes.count - lengthPlace - 2)
        bytes[lengthPlace] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[lengthPlace + 1] = UInt8(truncatingIfNeeded: length)
    }

    private mutating func append(_ data: DNSData) {
        switch data {
        case .a(let address):
            bytes.append32(address.bits)
        case .aaaa(let address):
            for half in [address.high, address.low] {
                bytes.append32(UInt32(truncatingIfNeeded: half >> 32))
                bytes.append32(UInt32(truncatingIfNeeded: half))
            }
        case .name(let name):
            appendName(name.wire)
        case .soa(let authority):
            append(authority)
        case .txt(let strings):
            for string in strings { appendString(string) }
        case .caa(let caa):
            bytes.append(caa.isCritical ? 0x80 : 0)
            appendString(Array(caa.tag.utf8))
            bytes += caa.value.utf8
        case .bytes(let data):
            bytes += data
        }
    }

    private mutating func append(_ authority: DNSAuthority) {
        appendName(authority.primary.wire)
        appendName(authority.contact.wire)
        for number in [
            authority.serial, authority.refresh, authority.retry, authority.expire,
            authority.minimum,
        ] {
            bytes.append32(number)
        }
    }

    /// - Parameter string: bytes after the 255th are dropped: ``DNSData/text(_:)`` makes none.
    private mutating func appendString(_ string: [UInt8]) {
        bytes.append(UInt8(clamping: string.count))
        bytes += string.prefix(255)
    }
}

// MARK: - Names

extension DNSWriter {
    /// Appends a name: its labels up to the first that an earlier name has, and a pointer to that.
    private mutating func appendName(_ name: [UInt8]) {
        var start = 0
        // This name itself is not finished.
        let known = targets.count
        while name[start] != 0 {
            let isKnown: (Int) -> Bool = { isName(name[start...], at: $0) }
            if let target = targets[..<known].first(where: isKnown) {
                bytes.append16(0xc000 | UInt16(target))
                return
            }
            if bytes.count < 0x4000, targets.count < Self.targetLimit {
                targets.append(bytes.count)
            }
            let end = start + Int(name[start]) + 1
            bytes += name[start..<end]
            start = end
        }
        bytes.append(0)
    }

    /// Whether the name that has been written at `place` is this one, in any case.
    private func isName(_ name: ArraySlice<UInt8>, at place: Int) -> Bool {
        var (place, index) = (place, name.startIndex)
        while true {
            while bytes[place] >= 0xc0 {
                place = Int(bytes[place] & 0x3f) << 8 | Int(bytes[place + 1])
            }
            let length = Int(bytes[place])
            guard name[index] == length else { return false }
            if length == 0 { return true }
            for offset in 1...length
            where bytes[place + offset].lowercasedASCII != name[index + offset].lowercasedASCII {
                return false
            }
            place += length + 1
            index += length + 1
        }
    }
}
