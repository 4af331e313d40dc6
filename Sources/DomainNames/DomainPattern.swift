/// What names a certificate is for (RFC 9525 §6.3): one, or with `*.` in front every name that has one
/// label more.
///
/// ```swift
/// let pattern = try DomainPattern("*.gw.example")
/// pattern.includes(try DomainName("sales.gw.example"))             // true
/// pattern.includes(try DomainName("reporting.sales.gw.example"))   // false
/// ```
package enum DomainPattern: Hashable, Sendable {
    case exact(DomainName)
    /// Every name directly under this one.
    case wildcard(DomainName)

    /// Reads a name, or `*.` and a name. A `*` anywhere else, such as in `a*.example`, is not one.
    package init(_ text: some StringProtocol) throws(DomainNameError) {
        if text.hasPrefix("*.") {
            self = .wildcard(try DomainName(text.dropFirst(2)))
        } else {
            self = .exact(try DomainName(text))
        }
    }

    package func includes(_ name: DomainName) -> Bool {
        switch self {
        case .exact(let own): name == own
        case .wildcard(let parent): name.parent == parent
        }
    }
}

extension DomainPattern: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exact(let name): name.text
        case .wildcard(let parent): "*.\(parent.text)"
        }
    }
}
