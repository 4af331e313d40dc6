import Text

/// A password, as a person types it.
package struct Password: Sendable {
    package let text: String

    /// In bytes. A longer one would only make work.
    package static let byteLimit = 256
    /// In characters.
    package static let minimumLength = 12

    /// What was typed at a login: only its length is checked.
    ///
    /// - Returns: `nil` if it cannot be a password.
    package init?(typed text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.byteLimit else { return nil }
        self.text = text
    }

    /// A password that is to be set.
    ///
    /// Length is what makes a password strong; rules for its characters do not (NIST SP 800-63B
    /// §5.1.1.2).
    ///
    /// - Parameter name: of the account.
    package init(new text: String, of name: String) throws(PasswordProblem) {
        guard text.count >= Self.minimumLength else { throw .tooShort }
        guard text.utf8.count <= Self.byteLimit else { throw .tooLong }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            throw .controlCharacter
        }
        guard Set(text).count >= 5 else { throw .repetitive }
        guard !text.lowercased().contains(name.lowercased()) else { throw .containsName }
        self.text = text
    }

    private init(generated text: String) {
        self.text = text
    }

    /// Five groups of letters and digits that are not mistaken for each other: 123 bits.
    package static func generated() -> Password {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY34679")
        var generator = SystemRandomNumberGenerator()
        let groups = (0..<5).map { _ in
            String(
                (0..<5).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
            )
        }
        return Password(generated: groups.joined(separator: "-"))
    }
}

/// It is never printed, dumped or logged.
extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(a password)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a password cannot be set.
package enum PasswordProblem: Error, Hashable, Sendable {
    case tooShort, tooLong, controlCharacter, repetitive, containsName
}

extension PasswordProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooShort: "expected at least \(Password.minimumLength) characters"
        case .tooLong: "expected at most \(Password.byteLimit) bytes"
        case .controlCharacter: "contains a control character"
        case .repetitive: "expected at least 5 different characters"
        case .containsName: "contains the account's name"
        }
    }
}
