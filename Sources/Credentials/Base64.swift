import FoundationEssentials

extension [UInt8] {
    /// Base64 without padding, as the PHC string format has it (RFC 4648 §3.2, §4).
    var base64: String { paddedBase64.replacing("=", with: "") }

    /// With padding, as HTTP's Basic authentication has it (RFC 4648 §4, RFC 7617 §2).
    package var paddedBase64: String { Data(self).base64EncodedString() }

    /// For URLs, without padding (RFC 4648 §5, RFC 7515 §2).
    package var base64URL: String {
        base64.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// - Returns: `nil` for anything but the alphabet's own characters, padding included.
    init?(base64 text: some StringProtocol) {
        guard !text.utf8.contains(UInt8(ascii: "=")), text.utf8.count % 4 != 1 else { return nil }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: text + padding) else { return nil }
        self = Array(data)
    }

    /// - Returns: `nil` for anything but the alphabet's own characters, padding included.
    package init?(base64URL text: some StringProtocol) {
        guard !text.utf8.contains(where: { "+/".utf8.contains($0) }) else { return nil }
        self.init(
            base64: String(text).replacing("-", with: "+").replacing("_", with: "/")
        )
    }
}
