/// Why a line of a list of blocks can't be read. The file's name is the caller's to print.
public struct CIDRListFault: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        case address(AddressSyntaxError.Reason)
        /// `!` and nothing behind it.
        case missingAddress
        /// A byte that a terminal might obey, in a description.
        case controlCharacter(UInt8)
        case invalidUTF8
        /// More than `limit` bytes.
        case lineTooLong(limit: Int)
    }

    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in bytes.
    public var column: Int
    public var reason: Reason
}

extension CIDRListFault: CustomStringConvertible {
    /// `12:3: a number with a leading zero is ambiguous`: goes behind the file's name and a colon.
    public var description: String { "\(line):\(column): \(reason)" }
}

extension CIDRListFault.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .address(let reason): "\(reason)"
        case .missingAddress: "an address or a block has to follow '!'"
        case .controlCharacter(let byte):
            "control character 0x\(String(byte, radix: 16)) in the description"
        case .invalidUTF8: "the description is not UTF-8"
        case .lineTooLong(let limit): "the line is longer than \(limit) bytes"
        }
    }
}
