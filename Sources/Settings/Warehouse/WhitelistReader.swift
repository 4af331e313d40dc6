import AddressFeeds
import Addresses
import CIDRTrie
import Policy
import Text
import Time

/// Reads a whitelist's lists from its entries and files, and remembers where each rule is written.
struct WhitelistReader {
    /// A list of the whitelist, and where its rules are written.
    struct Source {
        let list: EntryList
        /// `nil` for a compiled list, whose rules are not checked against others.
        let origins: Origins?
    }

    enum Origins {
        /// For each rule, its place in the configuration.
        case entries([Place])
        case file(ListFile, Place, path: String)
    }

    private(set) var sources: [Source] = []
    private var entries: [WhitelistEntry] = []
    private var entryPlaces: [Place] = []

    /// The lists, in the order of the file.
    var lists: [EntryList] { sources.map(\.list) }

    /// Reads the list `entries`.
    mutating func readEntries(_ place: Place) {
        place.elements().forEach { readEntry($0) }
        guard !entries.isEmpty, place.decoding.claimRoom(forRules: entries.count, at: place) else {
            return
        }
        let list = EntryList(.entries, entries)
        sources.append(Source(list: list, origins: .entries(entryPlaces)))
        (entries, entryPlaces) = ([], [])
    }

    /// Reads one of the list `entries`: a mapping, or a text as in a line of a list file.
    private mutating func readEntry(_ place: Place) {
        if case .scalar(let text) = place.node.content {
            return readLine(text, at: place)
        }
        place.keys { fields in
            fields.guess = { $0.shortRule }
            let blockPlace = fields.requiredPlace("cidr")
            let range: AddressRange? = blockPlace?.scalar()
            var action = Action.allow
            var description = ""
            var isEnabled = true
            fields.read("action", into: &action)
            fields.read("description", into: &description)
            fields.read("enabled", into: &isEnabled)
            let expiryPlace = fields.place("expires")
            let expiry = expiryPlace.flatMap(Self.expiry)
            if expiryPlace == nil, DescribedExpiry.isFound(in: description.lowercased()) {
                fields.conclude(
                    .warning,
                    at: fields.place,
                    fromAbsenceOf: ["expires"],
                    "the description looks like an expiry but has no effect",
                    remedy: "use expires instead, e.g. expires: 2027-01-01T00:00:00Z"
                )
            }
            guard let range, let blockPlace, case .scalar(let text) = blockPlace.node.content else {
                return
            }
            for block in range.blocks {
                let rule = Rule(
                    block: block,
                    action: action,
                    description: description,
                    expiry: expiry
                )
                append(WhitelistEntry(rule, text: text, isEnabled: isEnabled), at: blockPlace)
            }
        }
    }

    private mutating func readLine(_ text: String, at place: Place) {
        let list = CIDRList(parsing: text.utf8.span)
        if let fault = list.errors.first {
            return place.error(
                "invalid entry \(text.quoted): \(fault.reason.problem)",
                remedy: fault.reason.remedy
            )
        }
        guard list.lines.last == 1 else {
            return place.error("expected an address or a CIDR block, found \(text.quoted)")
        }
        for rule in list.rules { append(WhitelistEntry(rule), at: place) }
    }

    private mutating func append(_ entry: WhitelistEntry, at place: Place) {
        entries.append(entry)
        entryPlaces.append(place)
    }

    private static func expiry(at place: Place) -> UnixTime? {
        guard let expiry: UnixTime = place.scalar() else { return nil }
        if expiry <= place.decoding.now {
            place.warning("has expired and no longer applies", remedy: "remove it")
        }
        return expiry
    }
}

extension ConfigurationNode.Entry {
    /// `allow: 10.0.0.0/8`, `10.0.0.0/8: Lisbon`: an entry of which the key is a part.
    fileprivate var shortRule: KeyGuess? {
        guard case .scalar(let text) = value.content, text.utf8.count <= 64 else { return nil }
        if let action = Action.verdicts[key.lowercased()] {
            let suffix = action == .allow ? "" : ", action: \(action)"
            return KeyGuess(keys: ["cidr"], remedy: "write { cidr: \(text.asYAML)\(suffix) }")
        }
        // `try?`: only whether it is one counts.
        guard key.utf8.count <= 64, (try? AddressRange(parsing: key)) != nil else { return nil }
        let action = Action.verdicts[text.lowercased()]
        let rest = action.map { "action: \($0)" } ?? "description: \(text.asYAML)"
        return KeyGuess(keys: ["cidr"], remedy: "write { cidr: \(key.asYAML), \(rest) }")
    }
}

// MARK: - Files

extension WhitelistReader {
    /// Reads one of the list `files`: a path, or a mapping with the file's settings.
    mutating func readFile(_ place: Place) {
        if place.isMapping {
            place.keys { readFile(described: &$0) }
        } else if let path: String = place.scalar() {
            readFile(path, at: place, as: ListFileSettings())
        }
    }

    private mutating func readFile(described fields: inout Fields) {
        let settings = ListFileSettings(&fields)
        guard let place = fields.requiredPlace("path"), let path: String = place.scalar(),
            let settings
        else { return }
        readFile(path, at: place, as: settings)
    }

    private mutating func readFile(_ path: String, at place: Place, as settings: ListFileSettings) {
        let decoding = place.decoding
        let faultCount = decoding.faultCount
        defer { decoding.listFaultCount += decoding.faultCount - faultCount }
        do throws(UnreadableFile) {
            let file = try decoding.lists.file(
                path,
                settings,
                ruleLimit: decoding.ruleLimit,
                read: decoding.readFile
            )
            for problem in file.problems { place.report(problem, of: path) }
            if file.problems.isEmpty, file.list.count == 0 {
                place.warning("\(path) has no entries: it admits no clients")
            }
            guard file.isCompiled || decoding.claimRoom(forRules: file.list.count, at: place) else {
                return
            }
            let origins = file.isCompiled ? nil : Origins.file(file, place, path: path)
            sources.append(Source(list: file.list, origins: origins))
        } catch {
            place.error("cannot read \(path.debugDescription): \(error.reason)")
        }
    }
}

extension Decoding {
    /// Counts rules against the configuration's limit.
    ///
    /// - Returns: whether there is room for them; if not, that is an error, reported once.
    fileprivate func claimRoom(forRules count: Int, at place: Place) -> Bool {
        let hadRoom = ruleCount <= ruleLimit
        ruleCount += count
        let hasRoom = ruleCount <= ruleLimit
        if hadRoom, !hasRoom {
            place.error(
                "more than \(ruleLimit) whitelist rules",
                remedy: "compile long lists with sluice cidr compile"
            )
        }
        return hasRoom
    }
}

extension Place {
    /// Reports errors and warnings in a list file that is named here.
    fileprivate func report(_ problem: ListFile.Problem, of file: String) {
        switch problem {
        case .line(let fault):
            let position = SourcePosition(line: fault.line, column: fault.column)
            report(.error, in: file, at: position, fault.reason.problem, fault.reason.remedy)
        case .feed(let error):
            report(.error, in: file, at: nil, error.description)
        case .more(let count):
            report(.error, in: file, at: nil, "\(count.of("more invalid line"))")
        case .unmatched(let filter):
            warning(
                "no entry in \(file.debugDescription) has the \(filter.key.word)"
                    + " \(filter.value.quoted)",
                remedy: filter.remedy
            )
        case .filteredOut:
            warning(
                "no entry in \(file.debugDescription) has both one of these services and one of"
                    + " these regions",
                remedy: "choose services and regions that occur together, or omit one of them"
            )
        case .image(let error): self.error("\(error)")
        case .notPlain:
            error(
                "a compiled list has its own actions and descriptions",
                remedy: "set them in the list before compiling it, or use that list instead"
            )
        }
    }

    /// Reports something at a position of a file that is named here.
    func report(
        _ severity: ConfigurationFinding.Severity,
        in file: String,
        at position: SourcePosition?,
        _ message: String,
        _ remedy: String? = nil
    ) {
        decoding.report(
            ConfigurationFinding(
                severity,
                file: file,
                at: position,
                path: path,
                message: message,
                remedy: remedy
            )
        )
    }
}
