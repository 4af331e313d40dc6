extension EndpointService {
    /// Whether `principal` may request an endpoint of this service.
    ///
    /// Only listed principals may, or any if `*` is listed. An AWS account's `:root` covers all of
    /// its users and roles, and in an ARN `*` stands for any characters, as in an IAM policy.
    public func allows(principal: String) -> Bool {
        allowedPrincipals.contains { PrincipalPattern($0).matches(principal) }
    }

    /// The initial state of an endpoint that `principal` requests; `nil` if it may not request one.
    public func initialState(for principal: String) -> Endpoint.State? {
        guard allows(principal: principal) else { return nil }
        return acceptance == .automatic ? .available : .pendingAcceptance
    }
}

/// A principal as a service allows it.
struct PrincipalPattern {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func matches(_ principal: String) -> Bool {
        if let account = text.accountOfRoot, principal.hasPrefix(account + ":") { return true }
        // A GUID's letters may be written in either case (RFC 9562 §4); an ARN's may not.
        let ignoresCase = !text.hasPrefix("arn:")
        if !text.utf8.contains(UInt8(ascii: "*")) {
            guard text.utf8.count == principal.utf8.count else { return false }
            return ignoresCase ? text.lowercased() == principal.lowercased() : text == principal
        }
        return Self.matches(
            Array((ignoresCase ? text.lowercased() : text).utf8)[...],
            Array((ignoresCase ? principal.lowercased() : principal).utf8)[...]
        )
    }

    /// Backtracks to the last `*` only, so that no pattern takes more than the product of the
    /// lengths.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (pattern, text) = (pattern, text)
        var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        while let byte = text.first {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, text)
            } else if pattern.first == byte {
                pattern = pattern.dropFirst()
                text = text.dropFirst()
            } else if let last = retry {
                pattern = last.pattern
                text = last.text.dropFirst()
                retry?.text = text
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension String {
    /// `arn:aws:iam::123456789012` of `arn:aws:iam::123456789012:root`.
    fileprivate var accountOfRoot: String? {
        hasPrefix("arn:") && hasSuffix(":root") ? String(dropLast(":root".count)) : nil
    }
}
