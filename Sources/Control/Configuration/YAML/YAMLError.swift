import Settings
import Text

/// Why a text is not YAML that a configuration can be read from: always its author's mistake.
struct YAMLError: Error, Hashable, Sendable {
    var reason: Reason
    var position: SourcePosition

    init(_ reason: Reason, at position: SourcePosition) {
        self.reason = reason
        self.position = position
    }

    init(_ reason: Reason, at place: YAMLPlace) {
        self.init(reason, at: place.position)
    }

    enum Reason: Hashable, Sendable {
        /// A control character, or one that some programs take for a line end.
        case character(Unicode.Scalar)
        case tabInIndentation
        /// A line that starts in a column that belongs to no enclosing collection.
        case indentation
        /// `- ` in the column of a mapping's keys, after a key that has a value.
        case listAmongKeys
        /// `key: - a`
        case listInLine
        /// A line of a list that begins with no dash.
        case dashExpected
        case keyExpected(found: String)
        /// Nothing before a colon.
        case missingKey
        /// In a list in brackets, which opens in this line.
        case keyOverLines(opening: Int)
        /// `: ` in a value.
        case colonInValue
        /// `: ` in a line that continues the value above it.
        case colonInContinuation
        /// In brackets, a colon right before a comma or a bracket.
        case colonInBrackets
        /// `127.0.0.1 : 3306`; with the address without spaces.
        case spacedAddress(String)
        /// `127.0.0.1:`
        case missingPort(String)
        /// A space that is not one in YAML, where one is needed.
        case foreignSpace(Unicode.Scalar)
        /// Something after a value, on its line.
        case trailingText(String)
        /// `[::]:9030` without quotes.
        case bracketedAddress(String)
        /// No value begins with this character.
        case cannotBegin(Unicode.Scalar)
        case unexpectedEnd
        /// `*` before something that is not a name.
        case noAlias(String)
        case noAnchor
        case unknownAnchor(String)
        case propertyOfAlias
        case aliasAsKey
        case collectionAsKey
        /// `!` starts a tag. With the text that follows it.
        case unknownTag(String)
        /// Two anchors or two tags of one node.
        case repeatedProperty
        /// A bracket or a quote.
        case unclosed(String)
        case missingElement
        /// Neither a comma nor the bracket that ends the collection.
        case commaExpected(Unicode.Scalar)
        case escape
        case blockScalarHeader
        case secondDocument
        case directive
        case tooManyValues
        case tooDeep
        case outOfMemory
        /// What none of the others is.
        case malformed
    }
}

extension YAMLError.Reason {
    /// What is wrong, in one line.
    var message: String {
        switch self {
        case .character(let scalar):
            "invalid character \(scalar.codePoint)"
        case .tabInIndentation: "tab in the indentation"
        case .indentation: "inconsistent indentation"
        case .listAmongKeys: "expected a key, found a list item"
        case .listInLine: "a list item cannot follow a key on the same line"
        case .dashExpected: "expected another list item"
        case .keyExpected(let found): "expected key: value, found \(found.quoted)"
        case .missingKey: "missing key before the colon"
        case .keyOverLines: "a key must be on one line"
        case .colonInValue: "colon and space in an unquoted value"
        case .colonInContinuation: "this line looks like a key, but continues the value above it"
        case .colonInBrackets: "colon before a comma or bracket in an unquoted value"
        case .spacedAddress: "space next to the colon of an address"
        case .missingPort(let host): "missing port after \(host):"
        case .foreignSpace(let scalar):
            "\(scalar.spaceName) (\(scalar.codePoint)) is not a space in YAML"
        case .trailingText(let text): "unexpected text after the value: \(text.quoted)"
        case .bracketedAddress(let address):
            "\(address) must be in quotes, because [ starts a list"
        case .cannotBegin(let scalar): "a value cannot start with \(String(scalar).quoted)"
        case .unexpectedEnd: "unexpected end of file, expected a value"
        case .noAlias: "* starts an alias and must be followed by a name"
        case .noAnchor: "& starts an anchor and must be followed by a name"
        case .unknownAnchor(let name): "undefined anchor &\(name)"
        case .propertyOfAlias: "an alias cannot have an anchor or tag"
        case .aliasAsKey: "an alias cannot be a key"
        case .collectionAsKey: "a list or mapping cannot be a key"
        case .unknownTag: "! starts a tag, and tags are not supported"
        case .repeatedProperty: "a value can have only one anchor and one tag"
        case .unclosed(let opening): "\(opening) is never closed"
        case .missingElement: "missing list element before the comma"
        case .commaExpected(let bracket): "expected a comma or \(bracket)"
        case .escape: "unknown escape sequence"
        case .blockScalarHeader: "unexpected text after | or >"
        case .secondDocument: "multiple documents are not supported"
        case .directive: "unsupported directive, expected at most one %YAML 1.1 or 1.2"
        case .tooManyValues:
            "more than \(YAMLReader.nodeLimit) values, counting an alias each time it is used"
        case .tooDeep: "more than \(YAMLReader.depthLimit) nested levels"
        case .outOfMemory: "not enough memory to read this file"
        case .malformed: "invalid YAML"
        }
    }

    /// What to do about it.
    var remedy: String? {
        switch self {
        case .tabInIndentation: "indent with spaces"
        case .indentation, .dashExpected: "align this line with the others at its level"
        case .listAmongKeys: "indent the list below its key"
        case .listInLine: "start the list on the next line, or write [ … ]"
        case .keyExpected(let found): Self.spaced(found)
        case .keyOverLines(let line): "close the bracket opened on line \(line)"
        case .colonInValue, .colonInBrackets: "put the value in quotes"
        case .colonInContinuation: "check the indentation of this line and the one above"
        case .spacedAddress(let address): "write \(address)"
        case .missingPort(let host): "add a port: \(host):9030"
        case .foreignSpace:
            "replace it with a normal space, or put the text in quotes if it is intended"
        case .trailingText: "put the whole value in quotes"
        case .bracketedAddress(let address): "write \(address.quoted)"
        case .cannotBegin(let scalar):
            scalar.isFlowIndicator ? "remove it, or put the value in quotes" : "put it in quotes"
        case .noAlias(let word): Self.replacement(forAlias: word)
        case .noAnchor: "put the value in quotes"
        case .unknownAnchor(let name): "put a value such as \("*\(name)".quoted) in quotes"
        case .unknownTag(let text): "write \(text.quoted) in quotes"
        case .secondDocument: "keep one document per file"
        case .tooManyValues, .tooDeep: "move long whitelists to list files, and check the aliases"
        case .escape: "write \\\\ for a backslash, or use single quotes"
        case .malformed: "check the indentation, brackets and quotes near this line"
        default: nil
        }
    }

    /// Whether the file has too much in it, so that not even its beginning is worth a look.
    var isLimit: Bool {
        switch self {
        case .tooManyValues, .tooDeep, .outOfMemory: true
        default: false
        }
    }

    /// `listen:9030`: the space after the colon is missing.
    private static func spaced(_ found: String) -> String? {
        guard let colon = found.firstIndex(of: ":"), found[..<colon].isName else { return nil }
        let value = found[found.index(after: colon)...]
        return value.isEmpty ? nil : "put a space after the colon: \(found[..<colon]): \(value)"
    }

    /// `*:9030` is how others write every address.
    private static func replacement(forAlias word: String) -> String {
        guard word.hasPrefix("*:"), UInt16(word.dropFirst(2)) != nil else {
            return "write \(word.quoted) in quotes"
        }
        let port = word.dropFirst(2)
        return "write 0.0.0.0:\(port) for all IPv4 addresses, or \"[::]:\(port)\" to include IPv6"
    }
}

extension YAMLError: CustomStringConvertible {
    /// `2:4: tab in the indentation (indent with spaces)`
    var description: String {
        let advice = reason.remedy.map { " (\($0))" } ?? ""
        return "\(position.line):\(position.column): \(reason.message)\(advice)"
    }
}

extension Unicode.Scalar {
    /// In words, after a verb or at a sentence's beginning.
    fileprivate var spaceName: String {
        switch value {
        case 0xa0: "a no-break space"
        case 0x202f: "a narrow no-break space"
        case 0x3000: "an ideographic space"
        case 0x200b...0x200f, 0x2060: "an invisible character"
        default: "a typographic space"
        }
    }

    /// `U+FEFF`
    fileprivate var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
