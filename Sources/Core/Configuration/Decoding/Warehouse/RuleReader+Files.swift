import CIDRTrie

// MARK: - Files

extension RuleReader {
    /// A file that is no list at all has a fault in every line.
    private static let faultLimit = 20

    /// Reads one of the list `files`: a path, or a mapping that says more of the file.
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

    private mutating func readFile(
        _ path: String,
        at place: Place,
        as settings: ListFileSettings
    ) {
        do throws(UnreadableFile) {
            let bytes = try place.decoding.readFile(path)
            let source = RuleSource(place, file: path)
            if CompiledTrie.isImage(bytes.span) {
                readImage(bytes, at: place, as: settings)
            } else {
                readList(bytes, as: settings, from: source)
            }
        } catch {
            place.fault("cannot read \(path.quoted): \(error.reason)")
        }
    }

    private mutating func readList(
        _ bytes: [UInt8],
        as settings: ListFileSettings,
        from source: RuleSource
    ) {
        let list = CIDRList(parsing: bytes.span)
        for fault in list.faults.prefix(Self.faultLimit) { source.report(fault) }
        source.reportRest(list.faults.count - Self.faultLimit)
        append(list.rules.map(settings.applied), lines: list.lines, from: source)
    }

    private mutating func readImage(
        _ bytes: [UInt8],
        at place: Place,
        as settings: ListFileSettings
    ) {
        guard settings.isDefault else {
            return place.fault(
                "a compiled list has its own actions and descriptions",
                remedy: "give them to sluice cidr compile, or name the list it was compiled from"
            )
        }
        do throws(ImageError) {
            append(try CompiledTrie(image: bytes))
        } catch {
            place.fault("\(error)")
        }
    }
}

/// What a configuration says of one of a whitelist's files, beside its path.
struct ListFileSettings: Hashable {
    /// What becomes of addresses in the file's entries, but for those marked with `!`.
    var action = Action.allow
    /// For entries without words of their own.
    var description = ""

    var isDefault: Bool { self == ListFileSettings() }

    func applied(to rule: Rule) -> Rule {
        var rule = rule
        if action == .deny { rule.action = .deny }
        if rule.description.isEmpty { rule.description = description }
        return rule
    }
}

extension ListFileSettings {
    /// `nil` where a value is faulty.
    init?(_ fields: inout Fields) {
        self.init()
        let action = fields.value("action", default: Action.allow)
        let description = fields.value("description", default: "")
        guard let action, let description else { return nil }
        self.action = action
        self.description = description
    }
}
