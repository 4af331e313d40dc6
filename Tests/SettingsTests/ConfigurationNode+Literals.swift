import CIDRTrie
import Time

@testable public import Settings

/// A test writes a tree as Swift literals, all at one place: places are for the tests with YAML.
extension ConfigurationNode: ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A key without a value.
    static let empty = ConfigurationNode(.empty, at: origin)

    private static let origin = SourcePosition(line: 1, column: 1)

    /// A scalar.
    public init(stringLiteral text: String) {
        self.init(.scalar(text), at: Self.origin)
    }

    /// A list.
    public init(arrayLiteral elements: ConfigurationNode...) {
        self.init(list: elements)
    }

    init(list elements: [ConfigurationNode]) {
        self.init(.sequence(elements), at: Self.origin)
    }

    /// A mapping, in this order; a key may occur twice.
    public init(dictionaryLiteral elements: (String, ConfigurationNode)...) {
        let entries = elements.map { Entry(key: $0, keyPosition: Self.origin, value: $1) }
        self.init(.mapping(entries), at: Self.origin)
    }
}

extension ConfigurationNode {
    /// The tree with `value` at a key path such as `warehouses[0].id`; missing keys are added.
    func setting(_ path: String, to value: ConfigurationNode) -> ConfigurationNode {
        let steps = path.split { ".[]".contains($0) }.map(String.init)
        return setting(steps[...], to: value)
    }

    /// The tree without the key that `path` ends in.
    func removing(_ path: String) -> ConfigurationNode {
        setting(path, to: .removed)
    }

    /// The tree with another name for the key that `path` ends in.
    func renaming(_ path: String, to key: String) -> ConfigurationNode {
        let steps = path.split { ".[]".contains($0) }.map(String.init)
        return renaming(steps[...], to: key)
    }

    private func renaming(_ steps: ArraySlice<String>, to key: String) -> ConfigurationNode {
        guard let step = steps.first else { return self }
        let rest = steps.dropFirst()
        var copy = self
        if case .sequence(var elements) = content, let index = Int(step) {
            elements[index] = elements[index].renaming(rest, to: key)
            copy.content = .sequence(elements)
        } else if case .mapping(var entries) = content,
            let index = entries.firstIndex(where: { $0.key == step })
        {
            entries[index].value = entries[index].value.renaming(rest, to: key)
            if rest.isEmpty { entries[index].key = key }
            copy.content = .mapping(entries)
        }
        return copy
    }

    private static let removed: ConfigurationNode = "\u{0}removed"

    private func setting(
        _ steps: ArraySlice<String>,
        to value: ConfigurationNode
    ) -> ConfigurationNode {
        guard let step = steps.first else { return value }
        var copy = self
        switch content {
        case .sequence(var elements):
            let index = Int(step) ?? 0
            elements[index] = elements[index].setting(steps.dropFirst(), to: value)
            copy.content = .sequence(elements)
        case .mapping(var entries):
            let index = entries.firstIndex { $0.key == step } ?? entries.endIndex
            if index == entries.endIndex {
                entries.append(Entry(key: step, keyPosition: position, value: [:]))
            }
            entries[index].value = entries[index].value.setting(steps.dropFirst(), to: value)
            entries.removeAll { $0.value == Self.removed }
            copy.content = .mapping(entries)
        case .scalar, .empty:
            copy = ([:] as ConfigurationNode).setting(steps, to: value)
        }
        return copy
    }
}

/// Configurations without fault or warning, of which a test changes one thing.
enum SampleTree {
    /// A public mysql listener.
    static let `public`: ConfigurationNode = [
        "warehouses": [
            [
                "id": "AWVA7CM7",
                "whitelist": ["entries": [["cidr": "203.0.113.0/24"]]],
                "listeners": [listener],
            ]
        ]
    ]

    /// The same with a private link instead, and with one of AWS' endpoints.
    static let `private` =
        `public`
        .setting("warehouses[0].listeners[0].link", to: "private")
        .setting(
            "warehouses[0].listeners[0].proxyProtocol",
            to: ["accept": "required", "trusted": ["10.0.0.0/24"]]
        )
        .setting("warehouses[0].endpointServices", to: [endpointService])
        .setting("warehouses[0].endpoints", to: [endpoint])

    static let listener: ConfigurationNode = [
        "protocol": "mysql", "listen": "0.0.0.0:9030",
        "backends": [["address": "127.0.0.1:3306"]],
    ]
    static let endpointService: ConfigurationNode = [
        "id": "vpce-svc-0a1b2c3d4e5f67890", "cloud": "aws", "region": "us-east-1",
        "allowedPrincipals": ["arn:aws:iam::123456789012:root"],
    ]
    static let endpoint: ConfigurationNode = [
        "id": "vpce-0123456789abcdef0", "cloud": "aws", "state": "available",
    ]
}

extension ConfigurationNode {
    /// What the decoder makes of the tree on 2026-01-01, with these whitelist files.
    func decoded(files: [String: String] = [:]) -> DecodedConfiguration {
        decoded(files: files.mapValues { Array($0.utf8) })
    }

    func decoded(files: [String: [UInt8]]) -> DecodedConfiguration {
        let now = UnixTime(seconds: 1_767_225_600)
        let decoder = ConfigurationDecoder(now: now) { path, _ throws(UnreadableFile) in
            guard let bytes = files[path] else { throw UnreadableFile(reason: "no such file") }
            return .content(bytes, nil)
        }
        return decoder.decode(self)
    }
}
