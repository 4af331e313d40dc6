import Addresses
import Text

/// Collects a feed's prefixes and errors, whichever form it has.
struct FeedCollector {
    var matcher: FilterMatcher
    private(set) var entries: [AddressFeed.Entry] = []
    /// The first ones.
    private(set) var errors: [FeedError] = []
    private(set) var errorCount = 0
    /// For each block its entry, and whether that one names only the cloud as a whole.
    private var indices: [CIDRBlock: (index: Int, isGeneral: Bool)] = [:]

    init(filter: FeedFilter) {
        matcher = FilterMatcher(filter)
    }

    /// Adds a prefix as it is written.
    ///
    /// - Parameter isGeneral: whether the description names only the cloud as a whole.
    mutating func append(
        _ text: String,
        description: String,
        isGeneral: Bool = false,
        at path: FeedPath
    ) {
        let block: CIDRBlock
        do throws(AddressSyntaxError) {
            block = try CIDRBlock(parsing: text)
        } catch {
            return report(FeedError(path: "\(path)", message: "\(text.quoted): \(error)"))
        }
        guard let known = indices[block] else {
            indices[block] = (entries.count, isGeneral)
            let description = description.printable
            return entries.append(.init(block: block, description: description, path: path))
        }
        guard known.isGeneral, !isGeneral else { return }
        entries[known.index].description = description.printable
        indices[block] = (known.index, false)
    }
}

// MARK: - Errors

extension FeedCollector {
    /// Only the first ones are kept, all are counted.
    mutating func report(_ error: FeedError) {
        errorCount += 1
        if errors.count < AddressFeed.errorLimit { errors.append(error) }
    }

    mutating func reportMissing(at path: FeedPath) {
        report(FeedError(path: "\(path)", message: "missing"))
    }

    /// A file without its list is not a feed; as an empty one it would silently admit or deny
    /// every address.
    mutating func reportMissingList() {
        let message = "the feed has no list of prefixes (download the file again)"
        report(FeedError(path: "", message: message))
    }
}

extension String {
    /// The text with a question mark for each character that a terminal might interpret, or that
    /// changes the direction of writing.
    var printable: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isHarmless ? $0 : "?" }))
    }
}
