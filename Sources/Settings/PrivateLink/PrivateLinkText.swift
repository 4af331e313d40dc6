import Text

/// The basic forms that the clouds' names consist of.
extension String {
    func rest(after prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }

    /// Whether the text is a path of these segments; `nil` stands for any name.
    func matches(path segments: [String?]) -> Bool {
        let parts = split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return false }
        return zip(parts, segments).allSatisfy { part, segment in
            segment.map { part.lowercased() == $0.lowercased() } ?? !part.isEmpty
        }
    }

    /// `arn:aws:iam::123456789012:role/name`, in any of AWS' partitions (aws, aws-cn, aws-us-gov).
    var isPrincipalARN: Bool {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[1].isName,
            parts[2] == "iam", parts[3].isEmpty,
            parts[4].count == 12, parts[4].allSatisfy(\.isDigit)
        else { return false }
        return parts[5] == "root"
            || ["role/", "user/"].contains { parts[5].hasPrefix($0) && parts[5].count > $0.count }
    }

    /// `/subscriptions/…/providers/Microsoft.Network/privateLinkServices/name`; Azure compares
    /// resource ids without case.
    var isAzureResourceID: Bool {
        matches(path: [
            "", "subscriptions", nil, "resourceGroups", nil,
            "providers", "Microsoft.Network", "privateLinkServices", nil,
        ])
    }

    /// `prefix.guid.region.azure.privatelinkservice`
    var isAzureAlias: Bool {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 5 && parts[0].isName && parts[1].isGUID && parts[2].isName
            && parts[3] == "azure" && parts[4] == "privatelinkservice"
    }
}

extension Substring {
    /// Not empty, `[A-Za-z0-9_-]`.
    package var isName: Bool { !isEmpty && allSatisfy(\.isNameCharacter) }

    /// The number in an AWS id: 17 hexadecimal digits, 8 in old ones, in lower case.
    var isAWSNumber: Bool {
        (count == 17 || count == 8) && allSatisfy { $0.isDigit || ("a"..."f").contains($0) }
    }

    /// Hexadecimal digits in groups of 8, 4, 4, 4 and 12 (RFC 9562 §4).
    var isGUID: Bool {
        let groups = split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }
}
