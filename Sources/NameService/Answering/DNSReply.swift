package import DNSProtocol

/// An answer, and what has to be counted of it.
package struct DNSReply: Hashable, Sendable {
    package var bytes: [UInt8]
    package var code: DNSResponseCode
    /// Of the question; `nil` if there was none to be understood.
    package var type: DNSType?
    package var kind: ResponseKind
    package var isTruncated: Bool
}

/// What kinds of answers a client's network may have so many of.
package enum ResponseKind: UInt8, Hashable, Sendable, CaseIterable {
    case answer, noData, noSuchName, error
}

extension DNSReply {
    /// The answer without records, as long as its query at most, that sends the client to TCP.
    package var slip: [UInt8] {
        var end = DNSHeader.byteCount
        if bytes[5] == 1 {
            while bytes[end] != 0 { end += Int(bytes[end]) + 1 }
            end += 5
        }
        var slip = Array(bytes[..<end])
        slip[2] |= 0x02
        for index in 6..<DNSHeader.byteCount { slip[index] = 0 }
        return slip
    }
}
