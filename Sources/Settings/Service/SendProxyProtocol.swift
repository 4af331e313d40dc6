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

        /// Addresses only, which the most backends take: MariaDB resets a payload above 240 bytes.
        package init() {}
    }
}
