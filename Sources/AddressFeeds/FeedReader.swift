import Addresses

/// What is read of a feed so far, in whichever form it is.
struct FeedReader {
    var scanner: JSONScanner
    var matcher: FilterMatcher
    /// Whether the feed has a list of prefixes at all, be it empty.
    var hasList = false
    private(set) var entries: [AddressFeed.Entry] = []
    /// For each block its entry, and whether that one names only the cloud as a whole.
    private var indices: [CIDRBlock: (index: Int, isGeneral: Bool)] = [:]

    init(_ bytes: [UInt8], filter: FeedFilter) {
        scanner = JSONScanner(bytes)
        matcher = FilterMatcher(filter)
    }

    /// Without its list a file is no feed, and to take it for an empty one would admit or deny
    /// everybody without a word.
    mutating func reportMissingLists() {
        guard !hasList, scanner.faults.isEmpty else { return }
        let start = FeedPlace(line: 1, column: 1)
        scanner.report(FeedFault(place: start, message: "the feed has no list of prefixes"))
    }

    /// Takes one of the feed's blocks, as it is written.
    ///
    /// - Parameter isGeneral: whether the description names only the cloud as a whole.
    mutating func append(_ text: PlacedText, description: String, isGeneral: Bool = false) {
        let block: CIDRBlock
        do throws(AddressSyntaxError) {
            block = try CIDRBlock(parsing: text.value)
        } catch {
            let message = "\(text.value.quoted): \(error)"
            scanner.report(FeedFault(place: text.place, message: message))
            return
        }
        let description = description.harmless
        let entry = AddressFeed.Entry(block: block, description: description, place: text.place)
        guard let known = indices[block] else {
            indices[block] = (entries.count, isGeneral)
            return entries.append(entry)
        }
        guard known.isGeneral, !isGeneral else { return }
        entries[known.index].description = description
        indices[block] = (known.index, false)
    }
}

/// A text of the file, and where it begins.
struct PlacedText {
    var value: String
    var place: FeedPlace
}

extension String {
    /// In quotes and cut short, without a byte that a terminal might obey.
    var quoted: String {
        let shown = String(String.UnicodeScalarView(unicodeScalars.prefix(64))).harmless
        return "\"\(shown)\(unicodeScalars.count > 64 ? "…" : "")\""
    }

    /// The text with a question mark for each character that a terminal might obey, or that turns
    /// the direction of writing.
    var harmless: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                    default: scalar
                    }
                }
            )
        )
    }
}
