/// Which of a certificate's names a host has (RFC 9525 §6.3).
///
/// ```swift
/// let names: Set = ["gw.example", "*.gw.example"]
/// HostMatch.find("sales.gw.example") { names.contains($0) ? $0 : nil }   // (.wildcard, "*.gw.example")
/// HostMatch.find("a.sales.gw.example") { names.contains($0) ? $0 : nil } // nil
/// ```
package enum HostMatch: Hashable, Sendable {
    /// Its own.
    case exact
    /// `*.` and what follows its first label. A star stands for one whole label, nowhere else.
    case wildcard

    /// - Parameters:
    ///   - host: in lower case.
    ///   - lookup: what belongs to a name in lower case; `nil` if there is no such name.
    /// - Returns: of the exact name, else of the wildcard; `nil` if there is neither.
    package static func find<Value>(_ host: String, by lookup: (String) -> Value?)
        -> (match: HostMatch, value: Value)?
    {
        if let value = lookup(host) { return (.exact, value) }
        guard let dot = host.utf8.firstIndex(of: UInt8(ascii: ".")), dot != host.startIndex,
            let value = lookup("*" + host[dot...])
        else { return nil }
        return (.wildcard, value)
    }
}
