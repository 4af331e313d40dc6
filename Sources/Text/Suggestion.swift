/// Guesses which of some known words a mistyped one was to be.
public enum Suggestion {
    /// No known word is longer; anything longer is not a typo.
    private static let longestWord = 32
    /// With more known words than this nothing is suggested: it would take too long.
    private static let knownLimit = 256

    /// What other programs call the keys of a configuration, without case, `-` and `_`.
    private static let synonyms: [String: [String]] = [
        "comment": ["description", "name"], "comments": ["description", "name"],
        "note": ["description", "name"], "label": ["description", "name"],
        "reason": ["description"], "desc": ["description", "name"], "description": ["name"],
        "title": ["name", "description"], "displayname": ["name"], "name": ["description", "id"],
        "allowlist": ["whitelist"], "allowedips": ["whitelist"], "ipwhitelist": ["whitelist"],
        "ipallowlist": ["whitelist"], "acl": ["whitelist"], "sourceranges": ["whitelist"],
        "allow": ["whitelist", "entries"], "deny": ["whitelist", "entries"],
        "rules": ["entries", "whitelist"], "cidrs": ["entries"], "list": ["entries"],
        "ranges": ["entries"], "addresses": ["entries", "backends"],
        "ip": ["cidr", "address", "listen"], "address": ["cidr", "listen"],
        "addr": ["cidr", "address", "listen"], "network": ["cidr"], "subnet": ["cidr"],
        "source": ["cidr", "sources"], "range": ["cidr"], "block": ["cidr"], "prefix": ["cidr"],
        "expiry": ["expires"], "expiresat": ["expires"], "ttl": ["expires"], "until": ["expires"],
        "bind": ["listen"], "port": ["listen"],
        "upstream": ["backends"], "upstreams": ["backends"], "server": ["backends", "address"],
        "servers": ["backends"], "target": ["backends", "address"], "targets": ["backends"],
        "host": ["address"], "hostname": ["address", "host"], "url": ["address"],
        "proto": ["protocol"], "type": ["protocol"], "mode": ["protocol", "accept"],
        "include": ["files"], "includes": ["files"], "file": ["files", "path"],
        "loglevel": ["level"], "verbosity": ["level"], "accesslog": ["access"],
        "maxconnections": ["connections"], "maxconn": ["connections"],
        "check": ["healthCheck"], "healthchecks": ["healthCheck"],
        "sendproxy": ["sendProxyProtocol"],
        "sendproxyv2": ["sendProxyProtocol"], "action": ["reject"], "ondeny": ["reject"],
        "trustedproxies": ["trusted", "proxyProtocol"], "from": ["trusted", "sources"],
        "admin": ["management"], "api": ["management"], "metrics": ["management"],
        "shutdowntimeout": ["drain"], "grace": ["drain"], "workers": ["shards"],
        "threads": ["shards"],
        "ssl": ["tls"], "https": ["tls"], "sslmode": ["tls"],
        "sni": ["serverName"], "sslservername": ["serverName"], "tlsservername": ["serverName"],
        "ca": ["authorities"], "cafile": ["authorities"], "cacert": ["authorities"],
        "cacertificate": ["authorities"], "trustedca": ["authorities"],
        "crl": ["revocations"], "crlfile": ["revocations"], "sslcrl": ["revocations"],
    ]

    /// The known key that other programs call `word`.
    public static func synonym(of word: String, among known: [String]) -> String? {
        guard word.utf8.count <= longestWord else { return nil }
        return synonyms[plain(word)]?.first(where: known.contains)
    }

    /// Without case, `-`, `_`, `.` and blanks, which programs use in different ways.
    public static func plain(_ word: String) -> String {
        word.lowercased().filter { !"-_. ".contains($0) }
    }

    /// The known word that `word` is the fewest typos away from (a letter missing, added, wrong, or
    /// swapped with its neighbor); `nil` if even that is more than one in three, or more than
    /// `limit`.
    public static func closest(
        to word: String,
        among known: [String],
        within limit: Int = .max
    ) -> String? {
        guard word.count <= longestWord, known.count <= knownLimit else { return nil }
        let best =
            known
            .map { (word: $0, distance: distance(from: word.lowercased(), to: $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= limit,
            best.distance <= max(1, max(word.count, best.word.count) / 3)
        else { return nil }
        return best.word
    }

    /// The optimal string alignment distance (Damerau 1964, each part edited at most once).
    private static func distance(from source: String, to target: String) -> Int {
        let a = Array(source)
        let b = Array(target)
        var twoAbove: [Int] = []
        var above = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, twoAbove[j - 1] + 1)
                }
                row.append(cost)
            }
            (twoAbove, above) = (above, row)
        }
        return above[b.count]
    }
}
