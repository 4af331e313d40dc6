/// Google's `cloud.json`, the addresses of its customers, and `goog.json`, all of its own ("Obtain
/// Google IP address ranges"). The latter has no services and no regions.
extension FeedReader {
    mutating func readGoogle() throws(FeedFault) {
        guard try scanner.enterObject() else { return }
        while let key = try scanner.nextKey() {
            guard key == "prefixes" else {
                try scanner.skip()
                continue
            }
            guard try scanner.enterArray() else { continue }
            hasList = true
            while try scanner.nextElement() { try readGooglePrefix() }
        }
    }

    private mutating func readGooglePrefix() throws(FeedFault) {
        _ = scanner.peek()
        let missing = scanner.fault("an entry without ipv4Prefix or ipv6Prefix")
        guard try scanner.enterObject() else { return }
        var prefixes: [PlacedText] = []
        var (service, scope) = ("", "")
        while let key = try scanner.nextKey() {
            switch key {
            case "ipv4Prefix", "ipv6Prefix":
                if let prefix = try scanner.text() { prefixes.append(prefix) }
            case "service": service = try scanner.text()?.value ?? ""
            case "scope": scope = try scanner.text()?.value ?? ""
            default: try scanner.skip()
            }
        }
        guard matcher.wants(services: [service], region: scope) else { return }
        if prefixes.isEmpty { scanner.report(missing) }
        let words = [service.isEmpty ? "Google" : service, scope].filter { !$0.isEmpty }
        for prefix in prefixes { append(prefix, description: words.joined(separator: " ")) }
    }
}
