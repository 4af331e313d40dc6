import Text

/// What is sent to the backend before the client's bytes.
package enum SendProxyProtocol: Hashable, Sendable {
    case off
    case v1
    case v2(V2Options)

    /// The contents of a version 2 header in addition to the addresses.
    package struct V2Options: Hashable, Sendable {
        /// Whether the TLVs that the client's side sent are passed on, in their order.
        package var passTLVs = false
        /// Whether a CRC32C TLV is added.
        package var addsCRC32C = false
        /// Whether the client's TLS session is described, if it ends at the gateway.
        package var addsTLS = false

        /// Addresses only, which the most backends take: MariaDB resets a payload above 240 bytes.
        package init() {}
    }
}

extension SendProxyProtocol {
    /// Reads a listener's key `sendProxyProtocol`: one word, or a mapping with the word as its
    /// `version`.
    static func decode(_ place: Place?) -> SendProxyProtocol {
        guard let place else { return .off }
        guard place.isMapping else {
            return version(place.scalar() ?? .off, options: V2Options())
        }
        return place.mapping(decodeKeys) ?? .off
    }

    private static func decodeKeys(_ fields: inout Fields) -> SendProxyProtocol? {
        let word: Word? = fields.required("version")
        var tlvs = TLVs.drop
        var options = V2Options()
        let places = [
            fields.read("tlvs", into: &tlvs),
            fields.read("crc32c", into: &options.addsCRC32C),
            fields.read("tls", into: &options.addsTLS),
        ]
        options.passTLVs = tlvs == .pass
        guard let word else { return nil }
        if word != .v2 {
            for place in places {
                place?.error("only supported by version v2", remedy: "set version: v2")
            }
        }
        return version(word, options: options)
    }

    private static func version(_ word: Word, options: V2Options) -> SendProxyProtocol {
        switch word {
        case .off: .off
        case .v1: .v1
        case .v2: .v2(options)
        }
    }

    private enum Word: String, ConfigurationWord {
        case off, v1, v2

        static var synonyms: [String: Word] {
            [
                "1": .v1, "2": .v2, "v1.0": .v1, "v2.0": .v2, "text": .v1, "binary": .v2,
                "false": .off, "no": .off, "none": .off, "never": .off, "disabled": .off, "0": .off,
            ]
        }

        private static let yes: Set = ["true", "on", "yes", "required", "always", "enabled"]

        static func remedy(for text: String) -> String? {
            yes.contains(text.lowercased())
                ? "write v1 or v2, the version that the backend expects" : suggestion(for: text)
        }
    }

    private enum TLVs: String, ConfigurationWord { case pass, drop }
}
