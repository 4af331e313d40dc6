/// A password that no print, dump or log shows.
package struct Password: Hashable, Sendable {
    /// As the server knows it, in UTF-8.
    let bytes: [UInt8]

    package init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    var isEmpty: Bool { bytes.isEmpty }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(a password)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
