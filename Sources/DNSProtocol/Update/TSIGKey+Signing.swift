/// Computes an HMAC (RFC 2104) with the key's secret and algorithm.
package typealias HMACFunction = (_ key: TSIGKey, _ bytes: [UInt8]) -> [UInt8]

/// A request that has been signed, and what its response has to be checked with.
package struct SignedMessage: Sendable {
    package let bytes: [UInt8]
    package let mac: [UInt8]
}

/// Why a response cannot be believed.
package enum TSIGFailure: Error, Hashable, Sendable {
    /// It has no signature: not from the server, or the server does not know the key.
    case unsigned
    /// The signature is another key's or another message's.
    case badSignature
    /// The server rejected the request's signature: it does not know the key, has another secret, or its
    /// clock differs.
    case rejected(DNSResponseCode)
    /// It was signed too long ago, or in the future: clocks differ by this many seconds.
    case badTime(difference: Int64)
    /// It is not a message.
    case malformed(DNSMessageError)
}

extension TSIGKey {
    /// Signs a request (RFC 8945 §5.1).
    ///
    /// - Parameters:
    ///   - message: encoded, with room for the signature.
    ///   - now: seconds since 1970.
    package func sign(_ message: [UInt8], now: UInt64, hmac: HMACFunction) -> SignedMessage {
        var signature = TSIG(
            algorithm: algorithm.name,
            time: now,
            fudge: TSIG.fudge,
            mac: [],
            originalID: UInt16(message[0]) << 8 | UInt16(message[1]),
            error: .noError,
            other: []
        )
        signature.mac = hmac(self, message + signature.variables(self))
        return SignedMessage(bytes: append(signature, to: message), mac: signature.mac)
    }

    private func append(_ signature: TSIG, to message: [UInt8]) -> [UInt8] {
        var bytes = message
        let count = (UInt16(bytes[10]) << 8 | UInt16(bytes[11])) &+ 1
        bytes[10] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[11] = UInt8(truncatingIfNeeded: count)
        bytes += name.wire
        bytes.append16(DNSType.tsig.rawValue)
        bytes.append16(DNSClass.any.rawValue)
        bytes.append32(0)
        let data = signature.data
        bytes.append16(UInt16(clamping: data.count))
        return bytes + data
    }

    /// Checks a response to a signed request (RFC 8945 §5.3, §5.4).
    ///
    /// - Parameter mac: the request's.
    package func verify(
        _ response: [UInt8],
        requestMAC mac: [UInt8],
        now: UInt64,
        hmac: HMACFunction
    ) throws(TSIGFailure) {
        let (signature, record, start) = try Self.signature(of: response)
        // Such an answer is unsigned, because the server could not sign it (RFC 8945 §5.2).
        if signature.error != .noError, signature.mac.isEmpty { throw .rejected(signature.error) }
        var signed: [UInt8] = []
        signed.append16(UInt16(clamping: mac.count))
        signed += mac
        signed.append16(signature.originalID)
        signed += response[2..<start]
        // As it was without the signature.
        let count = (UInt16(response[10]) << 8 | UInt16(response[11])) &- 1
        signed[mac.count + 12] = UInt8(truncatingIfNeeded: count >> 8)
        signed[mac.count + 13] = UInt8(truncatingIfNeeded: count)
        signed += signature.variables(self)
        guard record.name == name, record.class == .any, record.ttl == 0,
            signature.algorithm == algorithm.name,
            signature.originalID == UInt16(response[0]) << 8 | UInt16(response[1]),
            Self.areEqual(signature.mac, hmac(self, signed))
        else { throw .badSignature }
        if signature.error != .noError { throw .rejected(signature.error) }
        let difference = Int64(clamping: signature.time) - Int64(clamping: now)
        guard abs(difference) <= Int64(signature.fudge) else {
            throw .badTime(difference: difference)
        }
    }

    /// A message's last record, which the signature is, and where it starts.
    private static func signature(of message: [UInt8]) throws(TSIGFailure) -> (
        TSIG, DNSRecord, start: Int
    ) {
        do throws(DNSMessageError) {
            let bytes = message.span
            var position = 4
            var counts: [UInt16] = []
            for _ in 0..<4 { counts.append(try bytes.number16(at: &position)) }
            for _ in 0..<counts[0] {
                _ = try bytes.name(at: &position)
                _ = try bytes.number32(at: &position)
            }
            let recordCount = Int(counts[1]) + Int(counts[2]) + Int(counts[3])
            var (last, start): (DNSRecord?, Int) = (nil, position)
            for _ in 0..<recordCount {
                start = position
                last = try DNSRecord.read(bytes, at: &position)
            }
            guard position == bytes.count else { throw .trailingBytes }
            if counts[3] > 0, let last, last.type == .tsig, case .bytes(let data) = last.data {
                return (try TSIG(data), last, start)
            }
        } catch {
            throw .malformed(error)
        }
        throw .unsigned
    }

    /// In time that does not depend on where they differ.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
