import CYAML
import Settings

/// A place in a YAML text.
struct YAMLPlace: Hashable, Sendable {
    /// In Unicode scalars, from 0.
    var index: Int
    var position: SourcePosition
}

/// What a YAML text consists of, one after the other.
struct YAMLEvent {
    enum Kind {
        case document
        case documentEnd
        /// - Parameter isPlain: written without quotes and not as a block.
        case scalar(String, isPlain: Bool)
        case alias(String)
        /// - Parameter isFlow: written in brackets.
        case sequence(isFlow: Bool)
        case mapping(isFlow: Bool)
        case collectionEnd
        case streamEnd
    }

    var kind: Kind
    var anchor: String?
    /// With its handle resolved: `tag:yaml.org,2002:str` for `!!str`.
    var tag: String?
    /// Of its anchor or tag, if it has one.
    var start: YAMLPlace
    /// The index after its last character.
    var end: Int
}

/// Why libyaml gave up.
enum YAMLFailure: Error {
    /// libyaml's message, which is only for ``YAMLDiagnosis``.
    case malformed(problem: String, at: YAMLPlace, context: String, from: YAMLPlace)
    case outOfMemory
}

/// Reads one YAML text by libyaml, event by event, so that its reader can stop at any of them.
@safe struct YAMLEvents: ~Copyable {
    private let reader: OpaquePointer

    init(_ text: String) throws(YAMLFailure) {
        let bytes = Array(text.utf8)
        guard let reader = unsafe cyaml_open(bytes, bytes.count) else { throw .outOfMemory }
        unsafe self.reader = reader
    }

    deinit {
        unsafe cyaml_close(reader)
    }

    /// The next event. Not to be called after ``YAMLEvent/Kind/streamEnd`` or an error.
    mutating func next() throws(YAMLFailure) -> YAMLEvent {
        let event = unsafe cyaml_next(reader)
        return unsafe YAMLEvent(
            kind: try kind(of: event),
            anchor: string(event.anchor),
            tag: string(event.tag),
            start: YAMLPlace(event.start),
            end: event.end.index
        )
    }

    private func kind(of event: cyaml_event) throws(YAMLFailure) -> YAMLEvent.Kind {
        switch unsafe Int(event.kind) {
        case CYAML_DOCUMENT: return .document
        case CYAML_DOCUMENT_END: return .documentEnd
        case CYAML_SCALAR: return unsafe .scalar(text(of: event), isPlain: event.is_plain)
        case CYAML_ALIAS: return unsafe .alias(string(event.anchor) ?? "")
        case CYAML_SEQUENCE: return unsafe .sequence(isFlow: event.is_flow)
        case CYAML_MAPPING: return unsafe .mapping(isFlow: event.is_flow)
        case CYAML_COLLECTION_END: return .collectionEnd
        case CYAML_STREAM_END: return .streamEnd
        case CYAML_MALFORMED:
            throw unsafe .malformed(
                problem: text(of: event),
                at: YAMLPlace(event.start),
                context: string(event.context) ?? "",
                from: YAMLPlace(event.context_start)
            )
        default: throw .outOfMemory
        }
    }

    private func text(of event: cyaml_event) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: event.text, count: event.text_count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    private func string(_ characters: UnsafePointer<CChar>?) -> String? {
        unsafe characters.map { unsafe String(cString: $0) }
    }
}

extension YAMLPlace {
    fileprivate init(_ mark: cyaml_mark) {
        index = mark.index
        position = SourcePosition(line: mark.line + 1, column: mark.column + 1)
    }
}
