import Text

/// The stream for a command's result.
///
/// Nothing else in this module writes to it but ``OutputBuffer``: text from feeds, access logs and
/// foreign servers must not control a terminal, and is escaped here.
enum StandardOutput {
    /// Prints text for people, one line or several.
    static func print(_ text: String, terminator: String = "\n") {
        Swift.print(LogText.visible(text, keepsLines: true), terminator: terminator)
    }

    /// Prints JSON; escaping keeps its value.
    static func print(json: String, terminator: String = "\n") {
        Swift.print(LogText.visibleJSON(json), terminator: terminator)
    }
}

@available(
    *,
    unavailable,
    message: "use StandardOutput.print, which escapes terminal control characters"
)
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}
