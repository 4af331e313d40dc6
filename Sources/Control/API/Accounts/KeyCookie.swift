import Credentials
import HTTPTypes
import Text
import Time

/// The cookie in which a browser keeps the key that somebody has signed in with: sealed, so that it is
/// of no use elsewhere, and for some hours only. The gateway remembers nothing of it; what becomes of
/// the key counts from the next request on.
struct KeyCookie: Sendable {
    /// Whether browsers reach the gateway by HTTPS.
    let isSecure: Bool
    private let seal = Seal()

    /// In seconds.
    private static let lifetime: Int64 = 8 * 3_600

    init(isSecure: Bool) {
        self.isSecure = isSecure
    }

    var name: String { isSecure ? "__Host-sluice-key" : "sluice-key" }

    /// `Set-Cookie` for a key; `nil` if it cannot be sealed.
    func field(secret: String, at now: UnixTime) -> String? {
        seal.close(Array("\(now.seconds + Self.lifetime) \(secret)".utf8)).map {
            "\(name)=\($0)\(attributes)"
        }
    }

    var removal: String { "\(name)=\(attributes); Max-Age=0" }

    private var attributes: String {
        "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// The secret of the key that a request brings; `nil` without one, and once its time is over.
    func secret(in fields: HTTPFields, at now: UnixTime) -> String? {
        guard let content = fields.cookie(name).flatMap(seal.open) else { return nil }
        let parts = String(decoding: content, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let end = Int64(parts[0]), now.seconds < end else { return nil }
        return String(parts[1])
    }
}
