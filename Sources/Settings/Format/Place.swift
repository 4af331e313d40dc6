import Addresses
import Text

/// One value of the file together with its key path: what a decoder is given to read.
struct Place {
    let node: ConfigurationNode
    /// `warehouses[0].listeners[1]`; empty for the root.
    let path: String
    let decoding: Decoding

    func error(_ message: String, remedy: String? = nil) {
        report(.error, message, remedy)
    }

    func warning(_ message: String, remedy: String? = nil) {
        report(.warning, message, remedy)
    }

    /// Its location, for later reference.
    var location: ValueLocation { ValueLocation(path: path, position: node.position) }

    private func report(
        _ severity: ConfigurationFinding.Severity,
        _ message: String,
        _ remedy: String?
    ) {
        decoding.report(location.finding(severity, message, remedy: remedy))
    }
}

/// The location of a value in the file. It holds neither the value nor the run of the decoder, so
/// that a run may keep it without keeping itself and the whole tree alive.
package struct ValueLocation: Hashable, Sendable {
    package let path: String
    package let position: SourcePosition

    /// As messages name another place: `warehouses[0].listeners[0].listen, line 12`.
    var reference: String { "\(path), line \(position.line)" }

    package func finding(
        _ severity: ConfigurationFinding.Severity,
        _ message: String,
        remedy: String? = nil
    ) -> ConfigurationFinding {
        ConfigurationFinding(severity, at: position, path: path, message: message, remedy: remedy)
    }
}

extension Place {
    var isMapping: Bool {
        if case .mapping = node.content { true } else { false }
    }

    var isEmptySequence: Bool { node.content == .sequence([]) && !node.isIncomplete }

    /// The result of `read` for a mapping's keys; afterwards, each key that was not read is an
    /// error. `nil` if this is not a mapping, which is also an error.
    ///
    /// - Parameters:
    ///   - key: the key that is probably meant if a single value is given instead.
    ///   - listKey: likewise for a list.
    ///   - remedy: the remedy for another value, if a better one is known.
    @discardableResult
    func mapping<Value>(
        insteadOfValue key: String? = nil,
        insteadOfList listKey: String? = nil,
        remedy: String? = nil,
        _ read: (inout Fields) -> Value?
    ) -> Value? {
        guard case .mapping(let entries) = node.content else {
            error(
                "expected a mapping (key: value), found \(node.kind)",
                remedy: remedy ?? node.asMapping(value: key, list: listKey)
            )
            return nil
        }
        var fields = Fields(of: entries, at: self)
        let value = read(&fields)
        fields.finish()
        return value
    }

    /// The same, if the keys overwrite defaults and no new value is created.
    func keys(
        insteadOfValue key: String? = nil,
        remedy: String? = nil,
        _ read: (inout Fields) -> Void
    ) {
        mapping(insteadOfValue: key, remedy: remedy) { (fields: inout Fields) -> Void? in
            read(&fields)
        }
    }

    /// A list's elements; none if this is not a list, which is an error.
    func elements() -> [Place] {
        guard case .sequence(let nodes) = node.content else {
            error("expected a list, found \(node.kind)", remedy: node.asList)
            return []
        }
        return nodes.enumerated().map { index, node in
            Place(node: node, path: "\(path)[\(index)]", decoding: decoding)
        }
    }

    /// The addresses of a list of blocks, addresses and ranges.
    func blocks() -> [CIDRBlock] {
        elements().flatMap { place -> [CIDRBlock] in
            let range: AddressRange? = place.scalar()
            return range?.blocks ?? []
        }
    }

    /// A single value; `nil` if it is not one or not of this type, which is an error.
    func scalar<Value: ConfigurationScalar>(_ type: Value.Type = Value.self) -> Value? {
        guard case .scalar(let text) = node.content else {
            error("expected \(Value.expectation), found \(node.kind)", remedy: node.rejoined)
            return nil
        }
        do throws(ScalarError) {
            return try Value(configurationText: text)
        } catch {
            self.error(error.message, remedy: error.remedy)
            return nil
        }
    }
}

extension ConfigurationNode {
    /// A list of this one value, to suggest.
    fileprivate var asList: String {
        guard case .scalar(let text) = content, text.count <= 64 else {
            return "write [ … ] or lines of - …"
        }
        return "write [ \(text.asYAML) ]"
    }

    /// The value without the space that made a mapping of it, to suggest.
    var rejoined: String? {
        guard let (host, port) = splitAddress else { return nil }
        guard let port else { return "add a port: \("\(host):3306".asYAML)" }
        return "write \("\(host):\(port)".asYAML), without a space after the colon"
    }

    /// The mapping of one key that a shorter form stood for, to suggest.
    fileprivate func asMapping(value key: String?, list listKey: String?) -> String? {
        switch content {
        case .scalar(let text) where text.count <= 64: key.map { "write { \($0): \(text.asYAML) }" }
        case .sequence: listKey.map { "write { \($0): [ … ] }" }
        default: nil
        }
    }
}
