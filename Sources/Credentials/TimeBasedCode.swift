import Crypto
package import Time

/// The secret that an authenticator app shares with the gateway, for codes that change every 30
/// seconds (TOTP, RFC 6238, with HMAC-SHA-1 and 6 digits: what all apps support).
package struct TimeBasedCode: Hashable, Sendable, Codable {
    /// 20 bytes, as RFC 4226 §4 recommends.
    private let secret: [UInt8]

    /// In seconds.
    package static let period: Int64 = 30
    package static let digitCount = 6
    /// Periods before and after the current one whose codes count too: clocks differ, and people
    /// take their time.
    private static let tolerance: Int64 = 1

    package init() {
        secret = .random(count: 20)
    }

    init(secret: [UInt8]) {
        self.secret = secret
    }

    /// For people who type the secret into their app.
    package var base32: String { secret.base32 }

    /// For an app's camera: `otpauth://totp/Sluice:anna?secret=…&issuer=Sluice` (Key URI Format).
    package func uri(issuer: String, account: String) -> String {
        let (issuer, account) = (issuer.uriComponent, account.uriComponent)
        return "otpauth://totp/\(issuer):\(account)?secret=\(base32)&issuer=\(issuer)"
            + "&algorithm=SHA1&digits=\(Self.digitCount)&period=\(Self.period)"
    }

    /// The period that `code` is of.
    ///
    /// - Parameter last: the period of the last code that was accepted: none is accepted twice
    ///   (RFC 6238 §5.2).
    /// - Returns: `nil` if the code is wrong, too old, too new, or was used.
    package func period(of code: String, at now: UnixTime, after last: Int64?) -> Int64? {
        let typed = Array(code.utf8.filter { $0 != 0x20 })
        let current = now.seconds / Self.period
        var found: Int64?
        for period in (current - Self.tolerance)...(current + Self.tolerance)
        where Array(text(of: period).utf8).equalsInConstantTime(typed) {
            found = period
        }
        guard let found, found > last ?? .min else { return nil }
        return found
    }

    /// The code of a period (RFC 4226 §5.3).
    func text(of period: Int64) -> String {
        let counter = (0..<8).reversed().map { UInt8(truncatingIfNeeded: period >> ($0 * 8)) }
        let mac = Array(
            HMAC<Insecure.SHA1>.authenticationCode(
                for: counter,
                using: SymmetricKey(data: secret)
            )
        )
        let offset = Int(mac[mac.count - 1] & 0x0f)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let digits = "\((number & 0x7fff_ffff) % 1_000_000)"
        return String(repeating: "0", count: Self.digitCount - digits.count) + digits
    }
}

/// It is never printed, dumped or logged.
extension TimeBasedCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(the secret of one-time codes)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension [UInt8] {
    /// Without padding (RFC 4648 §6).
    var base32: String {
        let alphabet = [Character]("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (text, bits, bitCount) = ("", UInt32(0), 0)
        for byte in self {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(alphabet[Int(bits >> UInt32(bitCount) & 0x1f)])
            }
        }
        if bitCount > 0 { text.append(alphabet[Int(bits << UInt32(5 - bitCount) & 0x1f)]) }
        return text
    }
}

extension String {
    /// Everything but unreserved characters escaped (RFC 3986 §2.3).
    fileprivate var uriComponent: String {
        let digits = Array("0123456789ABCDEF")
        var text = ""
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text.append("%")
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 0x0f)])
            }
        }
        return text
    }
}
