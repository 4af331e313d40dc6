import Text

/// How the gateway greets the MySQL clients of a listener, before it knows their warehouse.
///
///     greeting: { serverVersion: 5.7.99, attribute: warehouse }
package struct MySQLGreetingSettings: Hashable, Sendable {
    /// What clients take for the server's version; `nil` for that of the listener's backends.
    package var serverVersion: String?
    /// The connection attribute whose value routes may match; `nil` for none.
    package var attribute: String?

    package init() {}
}

extension MySQLGreetingSettings {
    static func decode(_ place: Place?) -> MySQLGreetingSettings? {
        place?.mapping(insteadOfValue: "serverVersion") { fields in
            var settings = MySQLGreetingSettings()
            let version: ServerVersion? = fields.optional("serverVersion")
            settings.serverVersion = version?.text
            let attribute: AttributeName? = fields.optional("attribute")
            settings.attribute = attribute?.text
            return settings
        }
    }
}

/// What drivers parse: a number, a dot, a number.
private struct ServerVersion: ConfigurationScalar {
    static let expectation = "a server version such as 8.0.36 or 5.7.99"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard isPrintable, (3...60).contains(text.utf8.count),
            let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            text.utf8.contains(UInt8(ascii: "."))
        else { throw ScalarError(expected: Self.self, found: text) }
        self.text = text
    }
}

/// The name of a connection attribute.
private struct AttributeName: ConfigurationScalar {
    static let expectation = "the name of a connection attribute, 1 to 32 printable characters"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard isPrintable, (1...32).contains(text.utf8.count) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.text = text
    }
}
