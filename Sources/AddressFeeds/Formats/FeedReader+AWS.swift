/// Amazon's `ip-ranges.json` (Amazon VPC User Guide, "AWS IP address ranges").
extension FeedReader {
    /// The service that every address of Amazon's belongs to.
    private static let general = "AMAZON"

    mutating func readAWS() throws(FeedFault) {
        guard try scanner.enterObject() else { return }
        while let key = try scanner.nextKey() {
            switch key {
            case "prefixes": try readAWSPrefixes(of: "ip_prefix")
            case "ipv6_prefixes": try readAWSPrefixes(of: "ipv6_prefix")
            default: try scanner.skip()
            }
        }
    }

    private mutating func readAWSPrefixes(of prefixKey: String) throws(FeedFault) {
        guard try scanner.enterArray() else { return }
        hasList = true
        while try scanner.nextElement() { try readAWSPrefix(prefixKey) }
    }

    private mutating func readAWSPrefix(_ prefixKey: String) throws(FeedFault) {
        _ = scanner.peek()
        let missing = scanner.fault("an entry without \(prefixKey)")
        guard try scanner.enterObject() else { return }
        var prefix: PlacedText?
        var (service, region) = ("", "")
        while let key = try scanner.nextKey() {
            switch key {
            case prefixKey: prefix = try scanner.text()
            case "service": service = try scanner.text()?.value ?? ""
            case "region": region = try scanner.text()?.value ?? ""
            default: try scanner.skip()
            }
        }
        guard matcher.wants(services: [service], region: region) else { return }
        guard let prefix else { return scanner.report(missing) }
        append(
            prefix,
            description: "\(service) \(region)",
            isGeneral: service == Self.general
        )
    }
}
