/// A password that no print, dump or log shows.
public struct Password: Hashable, Sendable {
    /// As the server knows it, in UTF-8.
    let bytes: [UInt8]

    public init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    var isEmpty: Bool { bytes.isEmpty }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(a password)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
