/// Why a TLV has no typed view. Its raw bytes are in ``ProxyHeader/tlvs`` all the same.
///
/// Always the sender's fault. A missing TLV is not here: its view is `nil`.
public enum ProxyTLVError: Error, Hashable, Sendable {
    /// A type that means one value occurs several times; none is preferred to another.
    case repeated(ProxyTLVType)
    /// A text that is not UTF-8, or not ASCII where that is required.
    case notText(ProxyTLVType)
    /// An SSL vector (§2.2.6) that is too short for its two fixed fields, 5 bytes.
    case sslTooShort(byteCount: Int)
    /// What is wrong with the vectors inside an SSL vector.
    case malformedSSL(ProxyHeaderError)
}

extension ProxyTLVError: CustomStringConvertible {
    /// One or two sentences: the cause, and what to do about it.
    public var description: String {
        switch self {
        case .repeated(let type):
            "The PROXY header has several TLVs of type \(type). Let one proxy only add it."
        case .notText(let type):
            "The PROXY header's TLV of type \(type) is not the text it must be. Correct the sender."
        case .sslTooShort(let byteCount):
            "The PROXY header's SSL TLV has \(byteCount) bytes; at least 5 are needed."
        case .malformedSSL(let error):
            "Inside the PROXY header's SSL TLV: \(error)"
        }
    }
}
