import Text

extension Int: ConfigurationAmount {
    static var expectation: String { "a whole number" }

    init(configurationText text: String) throws(ScalarFault) {
        guard let number = Int(text), !text.hasPrefix("+") else {
            throw ScalarFault(expected: Self.self, found: text, remedy: "decimal digits only")
        }
        self = number
    }

    var configurationText: String { description }
}

extension Bool: ConfigurationScalar {
    static var expectation: String { "true or false" }

    init(configurationText text: String) throws(ScalarFault) {
        guard let flag = Bool(text) else {
            let word = text.lowercased()
            let meant: Bool? =
                ["true", "yes", "on", "1"].contains(word)
                ? true : ["false", "no", "off", "0"].contains(word) ? false : nil
            let remedy = meant.map { "did you mean \($0)?" }
            throw ScalarFault(expected: Self.self, found: text, remedy: remedy)
        }
        self = flag
    }
}

/// Free text: shown in the console, the API and logs, so without control characters.
extension String: ConfigurationScalar {
    static var expectation: String { "text" }

    /// In UTF-8 bytes.
    private static var longestText: Int { 1_024 }

    init(configurationText text: String) throws(ScalarFault) {
        guard text.utf8.count <= Self.longestText else {
            throw ScalarFault("longer than \(Self.longestText) bytes")
        }
        guard !text.unicodeScalars.contains(where: \.isControl) else {
            throw ScalarFault("control characters in \(text.quoted)", remedy: "write one line")
        }
        self = text
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1 (ISO 6429).
    fileprivate var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) }
}
