import Settings
import Text

/// Why a text is not YAML that a configuration can be read from: always its author's mistake.
struct YAMLFault: Error, Hashable, Sendable {
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
        /// A line that begins in a column of which no collection around it is.
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
        /// A space that is none to YAML, where one is needed.
        case foreignSpace(Unicode.Scalar)
        /// Something after a value, on its line.
        case trailingText(String)
        /// `[::]:9030` without quotes.
        case bracketedAddress(String)
        /// No value begins with this character.
        case cannotBegin(Unicode.Scalar)
        case unexpectedEnd
        /// `*` before something that is no name.
        case noAlias(String)
        case noAnchor
        case unknownAnchor(String)
        case propertyOfAlias
        case aliasAsKey
        case collectionAsKey
        /// `!` begins a tag. With the text that it stands before.
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

extension YAMLFault.Reason {
    /// What is wrong, in one line.
    var message: String {
        switch self {
        case .character(let scalar):
            "the character \(scalar.codePoint) is not allowed in a configuration file"
        case .tabInIndentation: "a tab in the indentation"
        case .indentation: "this line is not indented like those around it"
        case .listAmongKeys: "a list item where a key is expected"
        case .listInLine: "a list item after a key, on the same line"
        case .dashExpected: "expected another list item"
        case .keyExpected(let found): "expected key: value, found \(found.quoted)"
        case .missingKey: "a key is missing before the colon"
        case .keyOverLines: "a key has to be on one line"
        case .colonInValue: "a colon and a space in a value"
        case .colonInContinuation: "this line looks like a key, but continues the value above it"
        case .colonInBrackets: "a colon before a comma or a bracket"
        case .spacedAddress: "a space at the colon of an address"
        case .missingPort(let host): "a port is missing after \(host):"
        case .foreignSpace(let scalar):
            "\(scalar.spaceName) (\(scalar.codePoint)), which does not count as a space in YAML"
        case .trailingText(let text): "unexpected text after the value: \(text.quoted)"
        case .bracketedAddress(let address):
            "\(address) has to be in quotes, because [ begins a list"
        case .cannotBegin(let scalar): "a value can't begin with \(String(scalar).quoted)"
        case .unexpectedEnd: "the file ends where a value is expected"
        case .noAlias: "* begins an alias, and a name has to follow it"
        case .noAnchor: "& begins an anchor, and a name has to follow it"
        case .unknownAnchor(let name): "there is no anchor &\(name) above this alias"
        case .propertyOfAlias: "an alias takes no anchor or tag of its own"
        case .aliasAsKey: "an alias can't be a key"
        case .collectionAsKey: "a list or a mapping can't be a key"
        case .unknownTag: "! begins a tag, which a configuration doesn't have"
        case .repeatedProperty: "a value takes one anchor and one tag"
        case .unclosed(let opening): "\(opening) is never closed"
        case .missingElement: "a list element is missing before the comma"
        case .commaExpected(let bracket): "expected a comma or \(bracket)"
        case .escape: "unknown escape sequence after the backslash"
        case .blockScalarHeader: "unexpected text after | or >"
        case .secondDocument: "a second document begins here"
        case .directive: "directives other than one %YAML 1.1 or 1.2 are not supported"
        case .tooManyValues:
            "more than \(YAMLReader.nodeLimit) values, including those that aliases stand for"
        case .tooDeep: "more than \(YAMLReader.depthLimit) levels of lists and mappings"
        case .outOfMemory: "there is not enough memory to read this file"
        case .malformed: "this is not valid YAML"
        }
    }

    /// What to do about it.
    var remedy: String? {
        switch self {
        case .tabInIndentation: "indent with spaces"
        case .indentation, .dashExpected: "align it with the line that it belongs to"
        case .listAmongKeys: "indent the list below its key"
        case .listInLine: "begin the list on the next line, or write [ … ]"
        case .keyExpected(let found): Self.spaced(found)
        case .keyOverLines(let line): "close the bracket that opens in line \(line)"
        case .colonInValue, .colonInBrackets: "put the value in quotes"
        case .colonInContinuation: "check the indentation of this line and of the one above it"
        case .spacedAddress(let address): "write \(address)"
        case .missingPort(let host): "add a port: \(host):9030"
        case .foreignSpace: "replace it with a space, or put the text in quotes if it is meant"
        case .trailingText: "put the whole value in quotes"
        case .bracketedAddress(let address): "write \(address.quoted)"
        case .cannotBegin(let scalar):
            scalar.isFlowIndicator ? "remove it, or put the value in quotes" : "put it in quotes"
        case .noAlias(let word): Self.replacement(forAlias: word)
        case .noAnchor: "put the value in quotes"
        case .unknownAnchor(let name): "put a value such as \("*\(name)".quoted) in quotes"
        case .unknownTag(let text): "write \(text.quoted) in quotes"
        case .secondDocument: "keep one document in a file"
        case .tooManyValues, .tooDeep: "move long whitelists into files; check the aliases"
        case .escape: "write \\\\ for a backslash, or use single quotes"
        case .malformed: "check the indentation, the brackets and the quotes around it"
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
        return "write 0.0.0.0:\(port) for every IPv4 address, \"[::]:\(port)\" for IPv6 too"
    }
}

extension YAMLFault: CustomStringConvertible {
    /// `2:4: a tab in the indentation (indent with spaces)`
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
