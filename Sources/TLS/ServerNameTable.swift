/// Values by host name: exact names first, then `*.example.com`, whose star stands for one label
/// (RFC 9525 §6.3).
public struct ServerNameTable<Value> {
    private var exact: [String: Value] = [:]
    /// By what follows the star.
    private var wildcards: [String: Value] = [:]

    /// - Parameter names: in lower case. Of two alike the first one counts.
    public init(_ names: some Sequence<(String, Value)>) {
        for (name, value) in names {
            if name.utf8.starts(with: "*.".utf8) {
                let parent = String(name.dropFirst())
                if wildcards[parent] == nil { wildcards[parent] = value }
            } else if exact[name] == nil {
                exact[name] = value
            }
        }
    }

    /// The value for `name`, which is in lower case; `nil` if there is none.
    public subscript(name: String) -> Value? {
        if let value = exact[name] { return value }
        guard !wildcards.isEmpty, let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")),
            dot != name.startIndex
        else { return nil }
        return wildcards[String(name[dot...])]
    }
}

extension ServerNameTable: Sendable where Value: Sendable {}
