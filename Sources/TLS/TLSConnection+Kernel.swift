import COpenSSL
public import Sockets

/// Handing a session over to the kernel, one direction at a time.
///
/// OpenSSL has the secrets, and knows how many records were sealed or opened with them; the keys are
/// derived when they are needed, and cleared when the kernel has them.
extension TLSConnection {
    public enum HandOver: Equatable {
        case done
        /// A record is under way.
        case notYet
        /// Neither now nor later: OpenSSL continues.
        case never
    }

    /// Hands one direction over, if the session's next byte on the wire begins a record. Whatever the
    /// other direction is, this connection must not be used for it any longer.
    ///
    /// - Parameter isAllowed: whether the kernel is to do this.
    public func handOver(
        _ direction: KernelTLS.Direction,
        to socket: Socket,
        if isAllowed: (KernelTLS.Mode) -> Bool
    ) -> HandOver {
        var raw = copenssl_record_keys()
        defer { unsafe copenssl_record_keys_clear(&raw) }
        switch unsafe copenssl_tls_record_keys(pointer, direction == .writing, &raw) {
        case copenssl_keys_ready: break
        case copenssl_keys_not_yet: return .notYet
        default: return .never
        }
        guard let mode = KernelTLS.Mode(direction, raw), isAllowed(mode) else {
            return .never
        }
        if socket.attachKernelTLS() != nil { return .never }
        let refusal = unsafe socket.setKernelTLS(mode, sequence: raw.sequence) { key, vector in
            unsafe withUnsafeBytes(of: &raw.key) { unsafe key.copyMemory(from: $0) }
            unsafe withUnsafeBytes(of: &raw.vector) { unsafe vector.copyMemory(from: $0) }
        }
        return refusal == nil ? .done : .never
    }

    /// How many bytes complete the record that has begun to arrive, or its header; 0 between two.
    public var missingByteCount: Int { unsafe copenssl_tls_missing_count(pointer) }

    /// No direction will be handed over any longer.
    public func forgetSecrets() {
        unsafe copenssl_tls_forget_secrets(pointer)
    }
}

extension KernelTLS.Mode {
    fileprivate init?(_ direction: KernelTLS.Direction, _ raw: copenssl_record_keys) {
        guard let version = KernelTLS.Version(rawValue: raw.version) else { return nil }
        switch raw.cipher {
        case copenssl_aes_128_gcm: self.init(direction, version, .aes128GCM)
        case copenssl_aes_256_gcm: self.init(direction, version, .aes256GCM)
        case copenssl_chacha20_poly1305: self.init(direction, version, .chacha20Poly1305)
        default: return nil
        }
    }
}
