import Text

extension ManagementClient {
    /// Passes a list on as ``Answer/json`` has it, a page after the other: only one is in memory.
    ///
    /// - Parameter put: is given one piece of the text after the other; none unless there is a
    ///   first page.
    package func writeList(
        _ path: String,
        query: [(key: String, value: String)] = [],
        isPaged: Bool = true,
        limit: Int,
        to put: (String) -> Void
    ) async throws(ManagementClientError) {
        var text = ListText(limit: limit)
        try await forEachPage(path, query: query, isPaged: isPaged, limit: limit) { body in
            // `try?`: what is not JSON, or has no list, is not a gateway's response.
            try? text.append(body, to: put)
        }
        put(text.end)
    }

    /// Passes a resource on as JSON, as ``Answer/json`` has it, without decoding it.
    ///
    /// - Parameter omitted: members of the resource that are not passed on.
    package func write(
        _ path: String,
        query: [(key: String, value: String)] = [],
        omitting omitted: Set<String> = [],
        to put: (String) -> Void
    ) async throws(ManagementClientError) {
        let (body, route) = try await body(of: .get(path, query: query))
        do {
            let json = try IndentedJSON(body)
            guard let data = json.member("data") else { return put("{}\n") }
            try json.write(data, omitting: omitted, put)
            put("\n")
        } catch {
            throw .unexpectedAnswer(address: route.text)
        }
    }
}

/// A list as JSON, made from its pages: an object of `entries` and `total`.
private struct ListText {
    let limit: Int
    /// Elements that were written.
    private var count = 0
    /// Elements of all pages so far.
    private var seen = 0
    private var total: Int?
    private var hasBegun = false

    init(limit: Int) { self.limit = limit }

    /// - Returns: how many elements the page has, and how many there are in all.
    /// - Throws: if the body is not a page.
    mutating func append(
        _ body: [UInt8],
        to put: (String) -> Void
    ) throws -> (count: Int, total: Int?)? {
        let json = try IndentedJSON(body)
        guard let data = json.member("data") else { return nil }
        let elements = try json.elements(data)
        // A list without pages has no total.
        if case .number(let digits)? = try json.member("total").map(json.value) {
            total = Int(digits)
        }
        seen += elements.count
        if !hasBegun { put("{\n  \"entries\": [") }
        hasBegun = true
        for element in elements.prefix(limit - count) {
            put(count > 0 ? ",\n    " : "\n    ")
            try json.write(element, depth: 2, put)
            count += 1
        }
        return (elements.count, total)
    }

    var end: String {
        guard hasBegun else { return "" }
        return (count > 0 ? "\n  ]" : "]") + ",\n  \"total\": \(total ?? seen)\n}\n"
    }
}

extension ManagementClient.Answer {
    /// The value alone, without its envelope, as the gateway sent it, with a line feed. Its keys are
    /// sorted. A list is an object of `entries` and `total`.
    package var json: String {
        var text = ""
        writeJSON { text += $0 }
        return text
    }

    /// Passes on ``json``, one piece after the other.
    package func writeJSON(to put: (String) -> Void) {
        // `try?`, always: what was decoded is JSON.
        guard let first = bodies.first, let json = try? IndentedJSON(first) else {
            return put("null\n")
        }
        guard bodies.count > 1 || json.member("total") != nil || Value.self is any ListValue.Type
        else {
            guard let data = json.member("data") else { return put("{}\n") }
            try? json.write(data, put)
            return put("\n")
        }
        var list = ListText(limit: limit)
        for body in bodies { _ = try? list.append(body, to: put) }
        put(list.end)
    }
}

/// A type that only lists have.
private protocol ListValue {}

extension ManagementClient.Listing: ListValue {}
