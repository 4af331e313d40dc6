
import Text

/// The stream for a command's result.
///
/// Nothing else in this module writes to it but ``OutputBuffer``: what feeds, access logs and
/// foreign servers say must not steer a terminal, and is made visible here.
enum StandardOutput {
    /// Prints text for people, of one line or several.
    static func print(_ text: String, terminator: String = "\n") {
        Swift.print(LogText.visible(text, keepsLines: true), terminator: terminator)
    }

    /// Prints JSON, which stays the same value.
    static func print(json: String, terminator: String = "\n") {
        Swift.print(LogText.visibleJSON(json), terminator: terminator)
    }
}

@available(*, unavailable, message: "use StandardOutput.print, which lets nothing steer a terminal")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}
