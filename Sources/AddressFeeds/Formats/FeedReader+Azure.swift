/// Azure's service tags ("Azure IP Ranges and Service Tags", the same as the Service Tag Discovery
/// API's).
extension FeedReader {
    /// The tags of the cloud as a whole.
    private static let general = "AzureCloud"

    mutating func readAzure() throws(FeedFault) {
        guard try scanner.enterObject() else { return }
        while let key = try scanner.nextKey() {
            guard key == "values" else {
                try scanner.skip()
                continue
            }
            guard try scanner.enterArray() else { continue }
            hasList = true
            while try scanner.nextElement() { try readAzureTag() }
        }
    }

    private mutating func readAzureTag() throws(FeedFault) {
        guard try scanner.enterObject() else { return }
        var tag = AzureTag()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": tag.name = try scanner.text()?.value ?? ""
            case "properties": try readProperties(of: &tag)
            default: try scanner.skip()
            }
        }
        guard matcher.wants(services: tag.services, region: tag.region) else { return }
        let isGeneral = tag.name.split(separator: ".").first.map(String.init) == Self.general
        for prefix in tag.prefixes {
            append(prefix, description: tag.name, isGeneral: isGeneral)
        }
    }

    private mutating func readProperties(of tag: inout AzureTag) throws(FeedFault) {
        guard try scanner.enterObject() else { return }
        while let key = try scanner.nextKey() {
            switch key {
            case "region": tag.region = try scanner.text()?.value ?? ""
            case "systemService": tag.systemService = try scanner.text()?.value ?? ""
            case "addressPrefixes":
                guard try scanner.enterArray() else { continue }
                while try scanner.nextElement() {
                    if let prefix = try scanner.text() { tag.prefixes.append(prefix) }
                }
            default: try scanner.skip()
            }
        }
    }
}

/// `Storage.WestEurope`: a service, mostly with a region, and its prefixes.
private struct AzureTag {
    var name = ""
    var region = ""
    var systemService = ""
    var prefixes: [PlacedText] = []

    /// What it may be called by: `Storage.WestEurope`, `Storage`, `AzureStorage`.
    var services: [String] {
        [name, name.split(separator: ".").first.map(String.init) ?? "", systemService]
    }
}
