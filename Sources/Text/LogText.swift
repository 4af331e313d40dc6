/// Pieces of log lines, without Foundation.
package enum LogText {
    /// The text in quotes, with escapes (RFC 8259 §7).
    package static func jsonString(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.append(jsonString: text)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text for a line that people read: each character that could end the line, move the
    /// terminal's cursor or turn the direction of writing becomes a space.
    ///
    /// What a backend or a client has sent may stand in it.
    package static func harmless(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(scalar.isHarmless ? scalar : " ") }
        return String(result)
    }
}

extension LogText {
    /// The text for a terminal: each character that could steer it is written as `\u{1b}`.
    ///
    /// What feeds, access logs and foreign servers say may be in it.
    ///
    /// - Parameter keepsLines: whether line feeds and tabs stay.
    package static func visible(_ text: String, keepsLines: Bool) -> String {
        let kept: Set<Unicode.Scalar> = keepsLines ? ["\n", "\t"] : []
        return escaping(text, except: kept) { "\\u{\(String($0.value, radix: 16))}" }
    }

    /// The JSON text for a terminal: each character that could steer it is written as `\u001b`, which
    /// means the same (RFC 8259 §7). Line feeds between values stay.
    package static func visibleJSON(_ text: String) -> String {
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
    /// Whether it ends no line, moves no cursor and turns no direction of writing.
    package var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
