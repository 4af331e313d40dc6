import COpenSSL
import Crypto
import Traffic

/// Opens and seals records of application data as a kernel does (RFC 8446 §5.2, RFC 5288, RFC 7905).
struct RecordKeys {
    private let isTLS13: Bool
    private let isChaCha20: Bool
    private let key: SymmetricKey
    private let vector: [UInt8]
    private let sequence: UInt64

    init(_ raw: copenssl_record_keys) {
        isTLS13 = raw.version == 0x0304
        isChaCha20 = raw.cipher == copenssl_chacha20_poly1305
        let count = raw.cipher == copenssl_aes_128_gcm ? 16 : 32
        key = unsafe withUnsafeBytes(of: raw.key) {
            SymmetricKey(data: unsafe Array($0.prefix(count)))
        }
        vector = unsafe withUnsafeBytes(of: raw.vector) { unsafe Array($0) }
        sequence = raw.sequence
    }

    private init(after other: RecordKeys) {
        isTLS13 = other.isTLS13
        isChaCha20 = other.isChaCha20
        key = other.key
        sequence = other.sequence + 1
        var vector = other.vector
        if other.hasExplicitNonce { vector[11] &+= 1 }
        self.vector = vector
    }

    /// Those of the record after.
    var next: RecordKeys { RecordKeys(after: self) }

    private var hasExplicitNonce: Bool { !isTLS13 && !isChaCha20 }

    private var sequenceBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * UInt64($0))) }
    }

    private func nonce(explicit: ArraySlice<UInt8>) -> [UInt8] {
        if hasExplicitNonce { return Array(vector[..<4] + explicit) }
        return zip(vector, [0, 0, 0, 0] + sequenceBytes).map { $0 ^ $1 }
    }

    private func authenticated(header: [UInt8], plainCount: Int) -> [UInt8] {
        if isTLS13 { return header }
        let count = [UInt8(plainCount >> 8), UInt8(plainCount & 255)]
        return sequenceBytes + header[..<3] + count
    }

    func open(_ record: [UInt8]) throws -> [UInt8] {
        let header = Array(record[..<5])
        let explicit = record[5..<(hasExplicitNonce ? 13 : 5)]
        let sealed = record[(5 + explicit.count)...]
        let data = authenticated(header: header, plainCount: sealed.count - 16)
        let (text, tag) = (sealed.dropLast(16), sealed.suffix(16))
        let nonce = nonce(explicit: explicit)
        let plain =
            isChaCha20
            ? try ChaChaPoly.open(
                .init(nonce: .init(data: nonce), ciphertext: text, tag: tag),
                using: key,
                authenticating: data
            )
            : try AES.GCM.open(
                .init(nonce: .init(data: nonce), ciphertext: text, tag: tag),
                using: key,
                authenticating: data
            )
        // The type follows the plaintext.
        return Array(isTLS13 ? plain.dropLast() : plain)
    }

    func seal(_ bytes: [UInt8]) throws -> [UInt8] {
        let plain = isTLS13 ? bytes + [23] : bytes
        let explicit = hasExplicitNonce ? vector[4...] : []
        let count = explicit.count + plain.count + 16
        let header: [UInt8] = [23, 3, 3, UInt8(count >> 8), UInt8(count & 255)]
        let data = authenticated(header: header, plainCount: plain.count)
        let nonce = nonce(explicit: explicit)
        if isChaCha20 {
            let box = try ChaChaPoly.seal(
                plain,
                using: key,
                nonce: .init(data: nonce),
                authenticating: data
            )
            return header + box.ciphertext + box.tag
        }
        let box = try AES.GCM.seal(
            plain,
            using: key,
            nonce: .init(data: nonce),
            authenticating: data
        )
        return header + explicit + box.ciphertext + box.tag
    }
}
