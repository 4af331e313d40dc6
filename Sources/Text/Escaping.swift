/// Text for log lines and terminals.
public enum LogText {
    /// The text as a JSON string (RFC 8259 §7).
    public static func jsonString(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.append(jsonString: text)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text on one line for people: each character that could end the line, move the cursor or
    /// change the writing direction becomes a space.
    ///
    /// The text may come from a backend or a client.
    public static func harmless(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(scalar.isHarmless ? scalar : " ") }
        return String(result)
    }

    /// The text for a terminal: each character that could steer it is written as `\u{1b}`.
    ///
    /// The text may come from feeds, access logs and other servers.
    ///
    /// - Parameter keepsLines: whether line feeds and tabs are kept.
    public static func visible(_ text: String, keepsLines: Bool) -> String {
        let kept: Set<Unicode.Scalar> = keepsLines ? ["\n", "\t"] : []
        return escaping(text, except: kept) { "\\u{\(String($0.value, radix: 16))}" }
    }

    /// The JSON text for a terminal: each character that could steer it is written as `\u001b`,
    /// which means the same (RFC 8259 §7). Line feeds between values are kept.
    public static func visibleJSON(_ text: String) -> String {
        escaping(text, except: ["\n"]) { String(jsonString(String($0)).dropFirst().dropLast()) }
    }

    private static func escaping(
        _ text: String,
        except kept: Set<Unicode.Scalar>,
        _ escape: (Unicode.Scalar) -> String
    ) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.isHarmless || kept.contains(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    /// Whether it neither ends a line, moves the cursor nor changes the writing direction.
    public var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

extension String {
    /// In quotes, on one line, and cut after 64 characters. What has to be found again, such as a
    /// file's path, is shown in full, by `debugDescription`.
    public var quoted: String {
        let limit = 64
        return count > limit
            ? "\(String(prefix(limit)).debugDescription.visiblyEscaped)…"
            : debugDescription.visiblyEscaped
    }

    /// With spaces beyond ASCII, which are easily mistaken, and with what is invisible or changes
    /// the writing direction written as numbers.
    private var visiblyEscaped: String {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            let isSpace = scalar.properties.generalCategory == .spaceSeparator && scalar != " "
            if isSpace || !scalar.isHarmless {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// As one word of a POSIX shell command (IEEE Std 1003.1, "Quoting"): in quotes if needed.
    ///
    /// Also `~`, which may stand for a home; and `=` at the beginning, which zsh expands.
    public var shellQuoted: String {
        let isPlain = utf8.allSatisfy { byte in
            byte.isUnreserved && byte != UInt8(ascii: "~") || "/:@%+=,".utf8.contains(byte)
        }
        if isPlain, !isEmpty, !hasPrefix("=") { return self }
        // By bytes: a quote with a combining mark is another character, and ends the word all the same.
        let inside = utf8.flatMap { $0 == UInt8(ascii: "'") ? Array("'\\''".utf8) : [$0] }
        return "'\(String(decoding: inside, as: UTF8.self))'"
    }
}
