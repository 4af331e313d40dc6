package import AddressFeeds
import Text

extension UnmatchedFilter {
    /// What may have been meant: the nearest that the feed has, or some of what it has.
    package var remedy: String {
        if let nearest = Suggestion.closest(to: value, among: known) {
            return "did you mean \(nearest)?"
        }
        let some = known.prefix(8).joined(separator: ", ")
        return known.isEmpty
            ? "the list has none" : "the list has \(some)\(known.count > 8 ? ", …" : "")"
    }
}

extension UnmatchedFilter.Key {
    /// One of them: `service`.
    package var word: String {
        switch self {
        case .services: "service"
        case .regions: "region"
        }
    }
}
