/// The content of a feed, in the form of one of the clouds. Keys that are not used are ignored.
protocol FeedDocument: Decodable {
    func collect(into feed: inout FeedCollector)
}

// MARK: - Amazon

/// `ip-ranges.json` (Amazon VPC User Guide, "AWS IP address ranges").
struct AWSFeed: FeedDocument {
    let prefixes: [Prefix]?
    let ipv6Prefixes: [Prefix]?

    struct Prefix: Decodable {
        let ipv4: String?
        let ipv6: String?
        let service: String?
        let region: String?

        private enum CodingKeys: String, CodingKey {
            case ipv4 = "ip_prefix"
            case ipv6 = "ipv6_prefix"
            case service, region
        }
    }

    private enum CodingKeys: String, CodingKey {
        case prefixes
        case ipv6Prefixes = "ipv6_prefixes"
    }

    /// The service that every address of Amazon's belongs to.
    private static let general = "AMAZON"

    func collect(into feed: inout FeedCollector) {
        guard prefixes != nil || ipv6Prefixes != nil else { return feed.reportMissingList() }
        for (index, prefix) in (prefixes ?? []).enumerated() {
            let path = FeedPath(list: .prefixes, index: index, key: .awsIPv4Prefix)
            Self.collect(prefix, prefix.ipv4, at: path, into: &feed)
        }
        for (index, prefix) in (ipv6Prefixes ?? []).enumerated() {
            let path = FeedPath(list: .awsIPv6Prefixes, index: index, key: .awsIPv6Prefix)
            Self.collect(prefix, prefix.ipv6, at: path, into: &feed)
        }
    }

    private static func collect(
        _ prefix: Prefix,
        _ text: String?,
        at path: FeedPath,
        into feed: inout FeedCollector
    ) {
        let (service, region) = (prefix.service ?? "", prefix.region ?? "")
        guard feed.matcher.wants(services: [service], region: region) else { return }
        guard let text else { return feed.reportMissing(at: path) }
        feed.append(
            text,
            description: "\(service) \(region)",
            isGeneral: service == general,
            at: path
        )
    }
}

// MARK: - Azure

/// Service tags ("Azure IP Ranges and Service Tags", the same as those of the Service Tag Discovery
/// API).
struct AzureFeed: FeedDocument {
    let values: [Tag]?

    /// `Storage.WestEurope`: a service, usually with a region, and its prefixes.
    struct Tag: Decodable {
        let name: String?
        let properties: Properties?
    }

    struct Properties: Decodable {
        let region: String?
        let systemService: String?
        let addressPrefixes: [String]?
    }

    /// The tags of the cloud as a whole.
    private static let general = "AzureCloud"

    func collect(into feed: inout FeedCollector) {
        guard let values else { return feed.reportMissingList() }
        for (index, tag) in values.enumerated() {
            let name = tag.name ?? ""
            let service = name.split(separator: ".").first.map(String.init) ?? ""
            // What it may be called: `Storage.WestEurope`, `Storage`, `AzureStorage`.
            let services = [name, service, tag.properties?.systemService ?? ""]
            guard feed.matcher.wants(services: services, region: tag.properties?.region ?? "")
            else { continue }
            for (innerIndex, prefix) in (tag.properties?.addressPrefixes ?? []).enumerated() {
                let path = FeedPath(
                    list: .azureTags,
                    index: index,
                    key: .azurePrefixes,
                    innerIndex: innerIndex
                )
                feed.append(
                    prefix,
                    description: name,
                    isGeneral: service == Self.general,
                    at: path
                )
            }
        }
    }
}

// MARK: - Google

/// `cloud.json`, the addresses of Google's customers, and `goog.json`, all of its own ("Obtain
/// Google IP address ranges"). The latter has no services and no regions.
struct GoogleFeed: FeedDocument {
    let prefixes: [Prefix]?

    struct Prefix: Decodable {
        let ipv4Prefix: String?
        let ipv6Prefix: String?
        let service: String?
        let scope: String?
    }

    func collect(into feed: inout FeedCollector) {
        guard let prefixes else { return feed.reportMissingList() }
        for (index, prefix) in prefixes.enumerated() {
            let (service, scope) = (prefix.service ?? "", prefix.scope ?? "")
            guard feed.matcher.wants(services: [service], region: scope) else { continue }
            let description =
                (service.isEmpty ? "Google" : service)
                + (scope.isEmpty ? "" : " \(scope)")
            let texts = [
                (FeedPath.Key.googleIPv4Prefix, prefix.ipv4Prefix),
                (.googleIPv6Prefix, prefix.ipv6Prefix),
            ]
            for case (let key, let text?) in texts {
                let path = FeedPath(list: .prefixes, index: index, key: key)
                feed.append(text, description: description, at: path)
            }
            if prefix.ipv4Prefix == nil, prefix.ipv6Prefix == nil {
                let path = FeedPath(list: .prefixes, index: index, key: .googleIPv4Prefix)
                feed.reportMissing(at: path)
            }
        }
    }
}
