import Settings
import Text

/// A JSON object of an authority, of which keys are required.
///
/// Authorities are trusted with names, and not with the gateway: whatever they send is limited, and
/// none of them sends it to addresses without TLS that has TLS itself.
struct ACMEDocument {
    /// In messages: `order`.
    let name: String
    let json: JSONValue
    /// Whether URLs must have TLS.
    let isSecure: Bool

    init(_ name: String, parsing bytes: [UInt8], isSecure: Bool) throws(ACMEError) {
        do throws(JSONSyntaxError) {
            self.init(name, try JSONValue(parsing: bytes), isSecure: isSecure)
        } catch {
            throw .invalid("\(name): \(error)")
        }
        guard case .object = json else { throw .invalid("\(name): not a JSON object") }
    }

    init(_ name: String, _ json: JSONValue, isSecure: Bool) {
        self.name = name
        self.json = json
        self.isSecure = isSecure
    }

    func text(_ key: String) throws(ACMEError) -> String {
        guard let text = json[key]?.string else { throw .invalid("\(name): no \(key)") }
        return text
    }

    func url(_ key: String) throws(ACMEError) -> WebURL { try Self.url(text(key), key, self) }

    func urls(_ key: String, limit: Int) throws(ACMEError) -> [WebURL] {
        var urls: [WebURL] = []
        for value in try list(key, limit: limit) {
            guard let text = value.string else { throw .invalid("\(name): \(key) has no URLs") }
            urls.append(try Self.url(text, key, self))
        }
        return urls
    }

    func list(_ key: String, limit: Int) throws(ACMEError) -> [JSONValue] {
        guard let list = json[key]?.array else { throw .invalid("\(name): no \(key)") }
        guard list.count <= limit else { throw .invalid("\(name): more than \(limit) \(key)") }
        return list
    }

    /// One of the words of RFC 8555 §7.1.6.
    func status<Status: RawRepresentable<String>>() throws(ACMEError) -> Status {
        let text = try text("status")
        guard let status = Status(rawValue: text) else {
            throw .invalid("\(name): unknown status \(text.quoted)")
        }
        return status
    }

    private static func url(_ text: String, _ key: String, _ document: ACMEDocument)
        throws(ACMEError) -> WebURL
    {
        guard let url = WebURL(text), url.isSecure || !document.isSecure else {
            throw .invalid("\(document.name): \(key) \(text.quoted) is not an https URL")
        }
        return url
    }
}
