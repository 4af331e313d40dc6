public import Text

extension Int: ConfigurationAmount {
    public static var expectation: String { "a whole number" }

    public init(configurationText text: String) throws(ScalarError) {
        guard let number = Int(text), !text.hasPrefix("+") else {
            throw ScalarError(expected: Self.self, found: text, remedy: "use decimal digits only")
        }
        self = number
    }

    public var configurationText: String { description }
}

extension Bool: ConfigurationScalar {
    public static var expectation: String { "true or false" }

    public init(configurationText text: String) throws(ScalarError) {
        guard let flag = Bool(text) else {
            let remedy = Self.meant(by: text).map { "did you mean \($0)?" }
            throw ScalarError(expected: Self.self, found: text, remedy: remedy)
        }
        self = flag
    }

    /// What other programs' words for it mean.
    static func meant(by text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

/// Free text: shown in the console, the API and logs, so without control characters.
extension String: ConfigurationScalar {
    public static var expectation: String { "text" }

    /// In UTF-8 bytes.
    private static var longestText: Int { 1_024 }

    public init(configurationText text: String) throws(ScalarError) {
        guard text.utf8.count <= Self.longestText else {
            throw ScalarError("text longer than \(Self.longestText) bytes")
        }
        guard !text.unicodeScalars.contains(where: \.isControl) else {
            throw ScalarError(
                "control character in \(text.quoted)",
                remedy: "use a single line of text"
            )
        }
        self = text
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1 (ISO 6429).
    fileprivate var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) }
}
