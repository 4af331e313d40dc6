import Text

/// An endpoint as written on the command line and in a URL's query: `aws:vpce-0123456789abcdef0`,
/// or only its id if a single cloud has it.
public struct EndpointReference: Hashable, Sendable, Codable {
    /// `nil` if only the id was given.
    public var cloud: Cloud?
    public var id: String

    /// The endpoint itself, whose cloud is known.
    public init(_ name: EndpointName) {
        cloud = name.cloud
        id = name.id
    }

    /// Reads `cloud:id` or `id`.
    public init(parsing text: String) throws(EndpointReferenceError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.last.map(String.init), !id.isEmpty else { throw .missingID }
        self.id = id
        guard parts.count > 1 else { return }
        guard let cloud = Cloud(rawValue: String(parts[0])) else {
            throw .unknownCloud(String(parts[0]))
        }
        self.cloud = cloud
    }

    /// The endpoint that is referred to.
    ///
    /// - Parameter known: where to look up the cloud if only the id was given.
    /// - Throws: ``EndpointReferenceError/unknownID(_:)`` or
    ///   ``EndpointReferenceError/ambiguous(_:)``; never if the cloud was given.
    public func resolved(among known: some Sequence<EndpointName>)
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

    /// The endpoint that is meant in a query about one warehouse: one of its `own` if one
    /// matches, otherwise one of `all`.
    ///
    /// - Throws: as ``resolved(among:)``.
    public func resolved(amongOwn own: [EndpointName], orAll all: [EndpointName])
        throws(EndpointReferenceError) -> EndpointName
    {
        try resolved(among: own.contains(where: matches) ? own : all)
    }

    /// Whether `name` matches. An id without a cloud matches that of any cloud.
    public func matches(_ name: EndpointName) -> Bool {
        id == name.id && (cloud == nil || cloud == name.cloud)
    }
}

extension EndpointReference: CustomStringConvertible {
    /// As it is written.
    public var description: String { cloud.map { "\($0.rawValue):\(id)" } ?? id }
}

/// Why a text does not refer to an endpoint. Always an error in the text.
public enum EndpointReferenceError: Error, Hashable, Sendable {
    case missingID
    case unknownCloud(String)
    /// No endpoint that the gateway knows has this id.
    case unknownID(String)
    /// Endpoints of several clouds have the id, and no cloud was given.
    case ambiguous([EndpointName])
}

extension EndpointReferenceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingID:
            "expected an endpoint such as aws:vpce-0123456789abcdef0"
        case .unknownCloud(let cloud):
            "unknown cloud \(cloud.quoted) (expected "
                + Cloud.allCases.map(\.rawValue).joined(separator: ", ") + ")"
        case .unknownID(let id):
            "unknown endpoint id \(id.quoted) (add its cloud, e.g. aws:\(id))"
        case .ambiguous(let names):
            "ambiguous endpoint id (use one of "
                + names.map(\.description).joined(separator: ", ") + ")"
        }
    }
}
