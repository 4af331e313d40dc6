package import Text

/// One page of a long list, and the ways to its neighbours.
struct Paging: Sendable {
    let summary: String
    let previous: String?
    let next: String?

    /// - Parameters:
    ///   - path: of the console's page.
    ///   - query: its parameters, without `page`.
    init(_ list: ListAnswer, path: String, query: [(key: String, value: String)]) {
        let first = (list.page - 1) * list.size + 1
        let last = first + list.items.count - 1
        summary =
            list.items.isEmpty
            ? "None of \(list.total.grouped)"
            : "\(first.grouped)–\(last.grouped) of \(list.total.grouped)"
        func link(_ page: Int) -> String {
            let parameters = query.filter { !$0.value.isEmpty } + [("page", "\(page)")]
            return path + "?"
                + parameters.map { "\($0.key)=\($0.value.percentEncoded)" }.joined(separator: "&")
        }
        previous = list.page > 1 ? link(list.page - 1) : nil
        next = last < list.total && !list.items.isEmpty ? link(list.page + 1) : nil
    }
}

/// A paged answer of the API.
package struct ListAnswer: Sendable {
    package let items: [JSONValue]
    package let page: Int
    package let size: Int
    package let total: Int

    package init(items: [JSONValue], page: Int, size: Int, total: Int) {
        self.items = items
        self.page = page
        self.size = size
        self.total = total
    }
}

extension Int {
    /// `1,204`
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "−" + text : text
    }
}
