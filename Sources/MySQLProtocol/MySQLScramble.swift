/// The 20 random bytes that a server asks a client to mix with its password.
///
/// Randomness is the caller's: none is made here.
package struct MySQLScramble: Hashable, Sendable {
    /// The plugin that answers a scramble with SHA-1.
    package static let nativePassword = "mysql_native_password"
    /// A scramble's length.
    package static let byteCount = 20

    /// Exactly ``byteCount`` bytes, none of them zero: old clients read up to a zero.
    package let bytes: [UInt8]

    /// Takes the first 20 bytes of `random`, zeros turned into ones, and fills up with ones.
    package init(_ random: some Sequence<UInt8>) {
        let taken = random.prefix(Self.byteCount).map { $0 == 0 ? 1 : $0 }
        bytes = taken + [UInt8](repeating: 1, count: Self.byteCount - taken.count)
    }
}
