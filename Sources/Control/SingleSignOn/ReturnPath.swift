import Text

/// Where a browser goes after a login: a path of the gateway's own, whoever reads it.
///
/// Browsers take `//host`, `/\host` and `/<tab>/host` for other hosts (URL Standard, "relative slash
/// state"), and a reverse proxy may decode a path before it passes it on. So nothing is accepted of
/// which any decoding could be one of these.
struct ReturnPath: Hashable, Sendable {
    static let root = ReturnPath(checked: "/")
    private static let byteLimit = 512
    /// How often a path may be encoded.
    private static let decodingLimit = 3

    let text: String

    private init(checked text: String) { self.text = text }

    /// `nil` unless it is a path of this host.
    init?(_ text: String) {
        guard text.utf8.count <= Self.byteLimit, text.hasPrefix("/") else { return nil }
        // Whatever cannot be in a URL must be encoded in it.
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        var form = text
        for _ in 0...Self.decodingLimit {
            guard Self.isHarmless(form), let decoded = form.percentDecoded else { return nil }
            guard decoded != form else {
                self.text = text
                return
            }
            form = decoded
        }
        return nil
    }

    private static func isHarmless(_ text: String) -> Bool {
        let path = text.prefix { $0 != "?" && $0 != "#" }
        return path.hasPrefix("/") && !path.contains("//")
            && !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
            && !text.contains("\\") && text.unicodeScalars.allSatisfy(\.isHarmless)
    }
}
