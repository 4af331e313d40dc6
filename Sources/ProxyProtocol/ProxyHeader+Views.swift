/// The values of well-known TLVs. `nil` if there is none.
extension ProxyHeader {
    /// The values of all TLVs of `type`, in wire order.
    public func values(_ type: ProxyTLVType) -> [[UInt8]] {
        tlvs.filter { $0.type == type }.map(\.value)
    }

    /// The host name that the client requested (§2.2.2).
    public func authority() throws(ProxyTLVError) -> String? {
        try tlvs.text(.authority)
    }

    /// The protocol that TLS negotiated, as opaque as in TLS (§2.2.1, RFC 7301 §3.1).
    public func alpn() throws(ProxyTLVError) -> [UInt8]? {
        try tlvs.single(.alpn)
    }

    /// The first proxy's ID of the connection, opaque, up to 128 bytes (§2.2.5).
    public func uniqueID() throws(ProxyTLVError) -> [UInt8]? {
        try tlvs.single(.uniqueID)
    }

    /// The name of the network namespace (§2.2.7).
    public func networkNamespace() throws(ProxyTLVError) -> String? {
        try tlvs.asciiText(.networkNamespace)
    }

    /// The client's TLS session (§2.2.6).
    public func ssl() throws(ProxyTLVError) -> ProxySSL? {
        guard let value = try tlvs.single(.ssl) else { return nil }
        return try ProxySSL(value)
    }
}

extension [ProxyTLV] {
    /// The only value of `type`.
    func single(_ type: ProxyTLVType) throws(ProxyTLVError) -> [UInt8]? {
        var found: [UInt8]?
        for tlv in self where tlv.type == type {
            guard found == nil else { throw .repeated(type) }
            found = tlv.value
        }
        return found
    }

    /// The only value of `type`, which is UTF-8: never repaired, never truncated.
    func text(_ type: ProxyTLVType) throws(ProxyTLVError) -> String? {
        guard let value = try single(type) else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else { throw .notText(type) }
        return text
    }

    /// The only value of `type`, which is ASCII.
    func asciiText(_ type: ProxyTLVType) throws(ProxyTLVError) -> String? {
        guard let value = try single(type) else { return nil }
        guard let text = String(validating: value, as: Unicode.ASCII.self) else {
            throw .notText(type)
        }
        return text
    }
}

/// Why a TLV has no typed view. Its raw bytes are in ``ProxyHeader/tlvs`` all the same.
///
/// Always the sender's error. A missing TLV is not an error: its view is `nil`.
public enum ProxyTLVError: Error, Hashable, Sendable {
    /// A type with a single value occurs several times; none is preferred to another.
    case repeated(ProxyTLVType)
    /// A text that is not UTF-8, or not ASCII if that is required.
    case notText(ProxyTLVType)
    /// An SSL vector (§2.2.6) that is too short for its two fixed fields, 5 bytes.
    case sslTooShort(byteCount: Int)
    /// What is wrong with the vectors inside an SSL vector.
    case malformedSSL(ProxyHeaderError)
}

extension ProxyTLVError: CustomStringConvertible {
    /// The cause, and what to do about it.
    public var description: String {
        switch self {
        case .repeated(let type):
            "The PROXY header has several TLVs of type \(type). Configure only one proxy to add it."
        case .notText(let type):
            "The PROXY header's TLV of type \(type) is not valid text. Fix the sender."
        case .sslTooShort(let byteCount):
            "The PROXY header's SSL TLV is \(byteCount) bytes long, but needs at least 5. "
                + "Fix the sender."
        case .malformedSSL(let error):
            "In the PROXY header's SSL TLV: \(error)"
        }
    }
}
