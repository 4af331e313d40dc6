import FoundationEssentials

/// Base64 without padding, as the PHC string format has it (RFC 4648 §3.2, §4).
extension [UInt8] {
    var base64: String {
        String(Data(self).base64EncodedString().prefix { $0 != "=" })
    }

    init?(base64 text: Substring) {
        guard !text.contains("="), text.utf8.count % 4 != 1,
            let data = Data(
                base64Encoded: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            )
        else { return nil }
        self = Array(data)
    }
}
