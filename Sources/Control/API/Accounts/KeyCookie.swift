import Credentials
import HTTPTypes
import Synchronization
import Text
import Time

/// The cookie in which a browser keeps the key that somebody has signed in with: sealed, so that it is
/// of no use elsewhere, and for some hours only. The gateway remembers it only once somebody has signed
/// out; what becomes of the key counts from the next request on.
struct KeyCookie: Sendable {
    /// Whether browsers reach the gateway by HTTPS.
    let isSecure: Bool
    private let seal = Seal()
    private let ended = EndedCookies()

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

    /// `Set-Cookie` that removes the cookie that a request brings; `nil` if it brings none.
    func removal(from fields: HTTPFields) -> String? {
        fields.cookie(name).map { _ in "\(name)=\(attributes); Max-Age=0" }
    }

    private var attributes: String {
        "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// The secret of the key that a request brings; `nil` without one, once its time is over, and after
    /// ``end(in:at:)``.
    func secret(in fields: HTTPFields, at now: UnixTime) -> String? {
        guard let cookie = fields.cookie(name), let content = content(of: cookie, at: now),
            !ended.contains(cookie)
        else { return nil }
        return content.secret
    }

    /// Lets nobody use the cookie that a request brings from now on.
    func end(in fields: HTTPFields, at now: UnixTime) {
        guard let cookie = fields.cookie(name), let content = content(of: cookie, at: now) else {
            return
        }
        ended.add(cookie, until: content.end, at: now)
    }

    private func content(of cookie: String, at now: UnixTime) -> (end: Int64, secret: String)? {
        guard let bytes = seal.open(cookie) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let end = Int64(parts[0]), now.seconds < end else { return nil }
        return (end, String(parts[1]))
    }
}

/// Cookies whose owners have signed out, until they would have ended by themselves.
private final class EndedCookies: Sendable {
    /// If there are more, the one that ends first is forgotten.
    private static let limit = 4_096

    /// In seconds since 1970.
    private let ends = Mutex<[String: Int64]>([:])

    func contains(_ cookie: String) -> Bool { ends.withLock { $0[cookie] != nil } }

    func add(_ cookie: String, until end: Int64, at now: UnixTime) {
        ends.withLock { ends in
            if ends.count >= Self.limit {
                ends = ends.filter { $0.value > now.seconds }
                if ends.count >= Self.limit, let first = ends.min(by: { $0.value < $1.value }) {
                    ends[first.key] = nil
                }
            }
            ends[cookie] = end
        }
    }
}
