import Settings

/// Explains in our own terms why libyaml failed, and what was probably meant.
///
/// libyaml reports what its grammar lacks ("did not find expected key"); the text at that place
/// says more.
struct YAMLDiagnosis {
    let source: YAMLSource
    /// The collections that are being read, innermost last.
    var open: [YAMLCollection] = []

    func fault(_ failure: YAMLFailure) -> YAMLError {
        switch failure {
        case .outOfMemory:
            YAMLError(.outOfMemory, at: SourcePosition(line: 1, column: 1))
        case .malformed(let problem, let place, let context, let start):
            Problem(source, open, place, context, start).fault(problem)
        }
    }

    /// Something follows a document.
    func textAfterDocument(at place: YAMLPlace) -> YAMLError {
        let startsDocument =
            source.isMarker("---", at: place.index) || source.character(place.index) == "%"
        return startsDocument
            ? YAMLError(.secondDocument, at: place)
            : Problem(source, [], place, "", place).misplaced
    }
}

/// A collection that has begun and not ended.
struct YAMLCollection {
    var isSequence: Bool
    /// In brackets.
    var isFlow: Bool
    var position: SourcePosition
}

private struct Problem {
    let source: YAMLSource
    let open: [YAMLCollection]
    let place: YAMLPlace
    /// What libyaml was reading, and where that starts.
    let context: String
    let start: YAMLPlace

    init(
        _ source: YAMLSource,
        _ open: [YAMLCollection],
        _ place: YAMLPlace,
        _ context: String,
        _ start: YAMLPlace
    ) {
        self.source = source
        self.open = open
        self.place = place
        self.context = context
        self.start = start
    }

    /// libyaml 0.2's problems, in its words.
    func fault(_ problem: String) -> YAMLError {
        switch (context, problem) {
        case (_, "found undefined tag handle"):
            tag(at: place)
        case ("while scanning a tag", _), ("while parsing a tag", _):
            tag(at: start)
        case ("while scanning a directive", _), ("while scanning a %YAML directive", _),
            (_, "found duplicate %YAML directive"), (_, "found incompatible YAML document"):
            YAMLError(.directive, at: place)
        case ("while scanning an alias", _):
            YAMLError(.noAlias(source.word(from: start.index)), at: start)
        case ("while scanning an anchor", _):
            YAMLError(.noAnchor, at: start)
        case ("while scanning a block scalar", "did not find expected comment or line break"),
            (_, "found an indentation indicator equal to 0"):
            YAMLError(.blockScalarHeader, at: place)
        case (_, "found a tab character that violates indentation"),
            (_, "found a tab character where an indentation space is expected"):
            YAMLError(.tabInIndentation, at: place)
        case (_, "found unexpected end of stream"), (_, "found unexpected document indicator"):
            YAMLError(.unclosed(source.character(start.index).map { String($0) } ?? ""), at: start)
        case ("while parsing a quoted scalar", _):
            YAMLError(.escape, at: place)
        case (_, "found character that cannot start any token"):
            cannotBegin
        case (_, "mapping values are not allowed in this context"):
            unexpectedColon
        case (_, "mapping keys are not allowed in this context"):
            YAMLError(.cannotBegin("?"), at: place)
        case (_, "block sequence entries are not allowed in this context"):
            YAMLError(.listInLine, at: place)
        case (_, "could not find expected ':'"):
            missingColon
        case (_, "found unexpected ':'"):
            source.bracketedAddress(around: place) ?? YAMLError(.colonInBrackets, at: place)
        case (_, "did not find expected key"), (_, "did not find expected '-' indicator"),
            (_, "did not find expected <document start>"):
            source.bracketedAddress(around: place) ?? misplaced
        case (_, "did not find expected node content"):
            source.bracketedAddress(around: place) ?? missingNode
        case (_, "did not find expected ',' or ']'"):
            source.bracketedAddress(around: place) ?? unseparated(before: "]")
        case (_, "did not find expected ',' or '}'"):
            source.bracketedAddress(around: place) ?? unseparated(before: "}")
        default:
            YAMLError(.malformed, at: place)
        }
    }

    private var character: Unicode.Scalar? { source.character(place.index) }

    private func tag(at place: YAMLPlace) -> YAMLError {
        YAMLError(.unknownTag(source.tagged(from: place.index)), at: place)
    }

    /// No node begins with the next character.
    private var cannotBegin: YAMLError {
        switch character {
        case "\t": YAMLError(.tabInIndentation, at: place)
        case "-": YAMLError(.listInLine, at: place)
        case "&", "!": YAMLError(.repeatedProperty, at: place)
        case "*": YAMLError(.propertyOfAlias, at: place)
        case let character?: YAMLError(.cannotBegin(character), at: place)
        case nil: YAMLError(.unexpectedEnd, at: place)
        }
    }

    private var missingNode: YAMLError {
        if source.isEnd(place.index), let bracket = open.last(where: \.isFlow) {
            let opening = bracket.isSequence ? "[" : "{"
            return YAMLError(.unclosed(opening), at: bracket.position)
        }
        return character == "," ? YAMLError(.missingElement, at: place) : cannotBegin
    }

    /// A line of a block collection is text alone: of a mapping it lacks the colon, of a list the
    /// dash.
    private var missingColon: YAMLError {
        let here = open.filter { !$0.isFlow && $0.position.column == start.position.column }
        if !here.isEmpty, here.allSatisfy(\.isSequence) {
            return YAMLError(.dashExpected, at: start)
        }
        return YAMLError(.keyExpected(found: source.rest(from: start.index)), at: start)
    }

    /// A colon after something that is not a key.
    private var unexpectedColon: YAMLError {
        if let address = source.spacedAddress(at: place) { return address }
        let line = source.lineBefore(place.index)
        let isInValue = line.contains(": ") || line.hasPrefix("- ") || place.position.line == 1
        return YAMLError(isInValue ? .colonInValue : .colonInContinuation, at: place)
    }

    /// A collection in brackets continues with something that is not a separator.
    private func unseparated(before bracket: Unicode.Scalar) -> YAMLError {
        if source.isEnd(place.index) {
            return YAMLError(.unclosed(bracket == "]" ? "[" : "{"), at: start)
        }
        if let address = source.spacedAddress(at: place) { return address }
        // A bracket that was forgotten makes one text of the element and of the next line's key.
        let isKey =
            character == ":" && !source.lineBefore(place.index).contains { ",[{:".contains($0) }
        if isKey, bracket == "]", place.position.line > start.position.line {
            return YAMLError(.keyOverLines(opening: start.position.line), at: place)
        }
        return YAMLError(.commaExpected(bracket), at: place)
    }

    /// Something else is in the place of a collection's next element or its end.
    var misplaced: YAMLError {
        let before = source.lineBefore(place.index)
        guard before.isEmpty || before.allSatisfy({ $0 == "-" || $0 == " " }) else {
            return trailingText(after: before)
        }
        guard place.position.column == start.position.column else {
            return YAMLError(.indentation, at: place)
        }
        switch context {
        case "while parsing a block collection":
            return YAMLError(.dashExpected, at: place)
        case "while parsing a block mapping":
            if source.isIndicator(":", at: place.index) { return YAMLError(.missingKey, at: place) }
            let isDash = source.isIndicator("-", at: place.index)
            let rest = source.rest(from: place.index)
            return YAMLError(isDash ? .listAmongKeys : .keyExpected(found: rest), at: place)
        default:
            return YAMLError(.indentation, at: place)
        }
    }

    /// Something follows a node on its line.
    private func trailingText(after before: String) -> YAMLError {
        let last = before.split { $0 == " " || $0 == "\t" }.last
        let isProperty = last.map { $0.hasPrefix("&") || $0.hasPrefix("!") } ?? false
        let isIndicator = character?.isFlowIndicator ?? true
        if isIndicator || (isProperty && ["&", "!", "*"].contains(character)) {
            return cannotBegin
        }
        return YAMLError(.trailingText(source.word(from: place.index)), at: place)
    }
}
