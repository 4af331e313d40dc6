package import Addresses

/// The clients that PROXY headers speak of, one after the other and again from the start.
package struct ClientAddresses: Hashable, Sendable {
    /// In their order; never empty.
    package let blocks: [CIDRBlock]

    /// `nil` for no blocks.
    package init?(_ blocks: [CIDRBlock]) {
        guard !blocks.isEmpty else { return nil }
        self.blocks = blocks
    }

    /// The address and port of connection `number`, counted from 0.
    ///
    /// Takes the blocks in turn; within each, addresses that are neighbours, from the first on.
    /// The port changes each time, as a client's does.
    package func client(ofConnection number: Int) -> SocketAddress {
        let block = blocks[number % blocks.count]
        let round = UInt128(number / blocks.count)
        let bits = block.first.bits | (round & block.hostMask)
        let port = UInt16(truncatingIfNeeded: 1_024 + number % 64_512)
        return SocketAddress(IPAddress(block.family, bits: bits), port: port)
    }
}
