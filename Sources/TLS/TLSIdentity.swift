import COpenSSL

/// A certificate chain and its private key, as a server or a client shows them.
///
/// Immutable, and shared by all connections. The key does not leave OpenSSL.
@safe public final class TLSIdentity: Sendable {
    // Never written after it was made; OpenSSL counts its parts atomically.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// The names it is valid for, in lower case: DNS names, `*.example.com` among them, and
    /// addresses.
    public let names: [String]
    /// SHA-256 of the leaf in DER.
    public let fingerprint: [UInt8]
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64
    public let subject: String
    public let issuer: String
    /// Such as `RSA2048`, `EC256`.
    public let keyAlgorithm: String
    /// Such as `RSA-SHA256`.
    public let signatureAlgorithm: String

    private static let namesLimit = 1 << 16

    /// - Parameters:
    ///   - chain: in PEM, the leaf first.
    ///   - key: the leaf's, in PEM, without a passphrase.
    public convenience init(chain: [UInt8], key: [UInt8]) throws(TLSError) {
        let pointer = unsafe copenssl_identity_new(chain, chain.count, key, key.count)
        guard unsafe pointer != nil else {
            throw TLSError(of: chain, key, reason: TLSError.lastReason())
        }
        unsafe try self.init(pointer)
    }

    /// A certificate that nobody has signed: what is shown until there is another one.
    public convenience init(placeholderFor name: String) throws(TLSError) {
        unsafe try self.init(copenssl_identity_placeholder(name))
    }

    private init(_ pointer: OpaquePointer?) throws(TLSError) {
        guard let pointer = unsafe pointer else {
            throw .badCertificate(reason: TLSError.lastReason())
        }
        unsafe self.pointer = unsafe pointer
        var names = [CChar](repeating: 0, count: Self.namesLimit)
        let count = unsafe copenssl_identity_names(pointer, &names, names.count)
        self.names = names.prefix(max(0, Int(count)))
            .split(separator: 0)
            .map { String(nullTerminated: Array($0)).lowercased() }
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe copenssl_identity_fingerprint(pointer, &digest)
        fingerprint = digest
        notBefore = unsafe copenssl_identity_not_before(pointer)
        notAfter = unsafe copenssl_identity_not_after(pointer)
        subject = unsafe Self.subject(of: pointer, isIssuer: false)
        issuer = unsafe Self.subject(of: pointer, isIssuer: true)
        var key = [CChar](repeating: 0, count: 32)
        var signature = key
        unsafe copenssl_identity_algorithms(pointer, &key, &signature)
        keyAlgorithm = String(nullTerminated: key)
        signatureAlgorithm = String(nullTerminated: signature)
        if count < 0 { throw .tooManyNames }
    }

    deinit {
        unsafe copenssl_identity_free(pointer)
    }

    /// The first certificate of the chain, counted from 1, that the next one did not sign; `nil` if each
    /// is signed by the next. Only the leaf and its issuers, in this order, are of use to a client.
    public var chainGap: Int? {
        let index = unsafe copenssl_identity_chain_gap(pointer)
        return index < 0 ? nil : Int(index) + 1
    }

    /// `SHA256:AB:CD:…`, as OpenSSL and browsers write it.
    public var fingerprintText: String {
        let digits = Array("0123456789ABCDEF".utf8)
        let pairs = fingerprint.map { byte in
            String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
        }
        return "SHA256:" + pairs.joined(separator: ":")
    }

    private static func subject(of pointer: OpaquePointer, isIssuer: Bool) -> String {
        var text = [CChar](repeating: 0, count: 1_024)
        let count = unsafe copenssl_identity_subject(pointer, isIssuer, &text, text.count)
        return count > 0 ? String(nullTerminated: text) : ""
    }
}
