import Addresses
import ArgumentParser
import CIDRTrie
import FoundationEssentials

/// Where the clients come from whom PROXY headers speak of.
struct ClientBlocks {
    /// The network for benchmarks of devices (RFC 2544 §C.2.2): no client has an address in it.
    static let madeUp = "198.18.0.0/15"

    let blocks: [CIDRBlock]

    /// - Parameter text: a block, or the path of a list of blocks.
    /// - Throws: exit code 78, once what is wrong with the list is on standard error.
    init(_ text: String) throws {
        do throws(AddressSyntaxError) {
            blocks = [try CIDRBlock(parsing: text)]
        } catch {
            guard FileManager.default.fileExists(atPath: text) else {
                throw ValidationError(
                    "--clients \"\(text)\": neither a file nor a valid block (\(error))."
                )
            }
            blocks = try RuleFiles([text]).rules.filter { $0.action == .allow }.map(\.block)
            if blocks.isEmpty { throw ValidationError("\(text) has no blocks for --clients.") }
        }
    }
}
