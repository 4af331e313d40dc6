/// Why bytes are not a DNS message: the sender's error, which a server answers with FORMERR if there is
/// a header to answer.
package enum DNSMessageError: Error, Hashable, Sendable {
    /// The message ends in the middle of something.
    case truncated
    /// A name has more than 255 bytes (RFC 1035 §2.3.4).
    case nameTooLong
    /// A label's first byte is neither a length nor a pointer (RFC 1035 §4.1.4), or a label is empty.
    case invalidName
    /// A pointer does not lead to an earlier place of the message (RFC 1035 §4.1.4), and could be
    /// followed forever.
    case invalidPointer
    /// A record's data has another length than its type asks for, or than it says.
    case invalidData
    /// There are two OPT records, or one that is not the root's (RFC 6891 §6.1.1).
    case invalidOPT
    /// There are bytes after the last record.
    case trailingBytes
}

extension DNSMessageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the message is incomplete"
        case .nameTooLong: "a name has more than 255 bytes"
        case .invalidName: "a name is malformed"
        case .invalidPointer: "a name points to itself or forward"
        case .invalidData: "a record's data is malformed"
        case .invalidOPT: "the OPT record is malformed"
        case .trailingBytes: "there are bytes after the last record"
        }
    }
}
