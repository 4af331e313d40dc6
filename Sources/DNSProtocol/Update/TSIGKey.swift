/// A secret that two programs share to sign messages (RFC 8945).
package struct TSIGKey: Sendable {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case hmacSHA256 = "hmac-sha256"
        case hmacSHA384 = "hmac-sha384"
        case hmacSHA512 = "hmac-sha512"

        /// RFC 8945 §6.
        var name: DNSName {
            DNSName(checked: [UInt8(rawValue.utf8.count)] + rawValue.utf8 + [0])
        }
    }

    /// What both call it.
    package var name: DNSName
    package var algorithm: Algorithm
    /// Never shown.
    package var secret: [UInt8]

    package init(name: DNSName, algorithm: Algorithm, secret: [UInt8]) {
        self.name = name
        self.algorithm = algorithm
        self.secret = secret
    }
}

/// A message's signature: the data of its TSIG record (RFC 8945 §4.2).
package struct TSIG: Hashable, Sendable {
    /// How far the clocks may differ, in seconds (RFC 8945 §10).
    package static let fudge: UInt16 = 300

    var algorithm: DNSName
    /// Seconds since 1970.
    package var time: UInt64
    var fudge: UInt16
    package var mac: [UInt8]
    var originalID: UInt16
    package var error: DNSResponseCode
    var other: [UInt8]
}

extension TSIG {
    init(_ data: [UInt8]) throws(DNSMessageError) {
        let bytes = data.span
        var position = 0
        algorithm = try bytes.name(at: &position)
        let high = UInt64(try bytes.number16(at: &position))
        time = high << 32 | UInt64(try bytes.number32(at: &position))
        fudge = try bytes.number16(at: &position)
        mac = try bytes.bytes(Int(try bytes.number16(at: &position)), at: &position)
        originalID = try bytes.number16(at: &position)
        error = DNSResponseCode(rawValue: try bytes.number16(at: &position))
        other = try bytes.bytes(Int(try bytes.number16(at: &position)), at: &position)
        guard position == bytes.count else { throw .invalidData }
    }

    var data: [UInt8] {
        var data = algorithm.wire
        data.append48(time)
        data.append16(fudge)
        data.append16(UInt16(clamping: mac.count))
        data += mac
        data.append16(originalID)
        data.append16(error.rawValue)
        data.append16(UInt16(clamping: other.count))
        return data + other
    }

    /// What is signed in addition to the message (RFC 8945 §4.3.3).
    func variables(_ key: TSIGKey) -> [UInt8] {
        var bytes = key.name.wire
        bytes.append16(DNSClass.any.rawValue)
        bytes.append32(0)
        bytes += algorithm.wire
        bytes.append48(time)
        bytes.append16(fudge)
        bytes.append16(error.rawValue)
        bytes.append16(UInt16(clamping: other.count))
        return bytes + other
    }
}
