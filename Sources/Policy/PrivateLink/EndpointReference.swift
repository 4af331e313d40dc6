import Text

/// An endpoint as a person writes it on the command line and in a URL's query:
/// `aws:vpce-0123456789abcdef0`, or its id alone where one cloud only has it.
package struct EndpointReference: Hashable, Sendable, Codable {
    /// `nil` where the id alone was written.
    package var cloud: Cloud?
    package var id: String

    /// The endpoint itself, whose cloud is known.
    package init(_ name: EndpointName) {
        cloud = name.cloud
        id = name.id
    }

    /// Reads `cloud:id` or `id`.
    package init(parsing text: String) throws(EndpointReferenceError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.last.map(String.init), !id.isEmpty else { throw .missingID }
        self.id = id
        guard parts.count > 1 else { return }
        guard let cloud = Cloud(rawValue: String(parts[0])) else {
            throw .unknownCloud(String(parts[0]))
        }
        self.cloud = cloud
    }

    /// The one endpoint that is meant.
    ///
    /// - Parameter known: where to look for the cloud of an id that was written alone.
    /// - Throws: ``EndpointReferenceError/unknownID(_:)`` or
    ///   ``EndpointReferenceError/ambiguous(_:)``; never where the cloud was written.
    package func resolved(among known: some Sequence<EndpointName>)
        throws(EndpointReferenceError) -> EndpointName
    {
        if let cloud { return EndpointName(cloud, id) }
        let candidates = Set(known.filter { $0.id == id })
        guard let name = candidates.first else { throw .unknownID(id) }
        guard candidates.count == 1 else {
            throw .ambiguous(candidates.sorted { $0.description < $1.description })
        }
        return name
    }

    /// The one endpoint that is meant where a warehouse is asked about: one of its `own`, if one of
    /// them can be meant, and else one of `all`.
    ///
    /// - Throws: as ``resolved(among:)``.
    package func resolved(amongOwn own: [EndpointName], orAll all: [EndpointName])
        throws(EndpointReferenceError) -> EndpointName
    {
        try resolved(among: own.contains(where: matches) ? own : all)
    }

    /// Whether `name` is meant. An id that was written alone means any cloud's.
    package func matches(_ name: EndpointName) -> Bool {
        id == name.id && (cloud == nil || cloud == name.cloud)
    }
}

extension EndpointReference: CustomStringConvertible {
    /// As it is written.
    package var description: String { cloud.map { "\($0.rawValue):\(id)" } ?? id }
}

/// Why a text names no endpoint. Always the writer's fault.
package enum EndpointReferenceError: Error, Hashable, Sendable {
    case missingID
    case unknownCloud(String)
    /// No endpoint that the gateway knows has this id.
    case unknownID(String)
    /// Endpoints of several clouds have the id that was written alone.
    case ambiguous([EndpointName])
}

extension EndpointReferenceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingID:
            "expected an endpoint such as aws:vpce-0123456789abcdef0"
        case .unknownCloud(let cloud):
            "unknown cloud \(cloud.quoted) (expected "
                + Cloud.allCases.map(\.rawValue).joined(separator: ", ") + ")"
        case .unknownID(let id):
            "no known endpoint has the id \(id.quoted); add its cloud, for example aws:\(id)"
        case .ambiguous(let names):
            "ambiguous endpoint id; write one of "
                + names.map(\.description).joined(separator: ", ")
        }
    }
}
