public import ProxyProtocol

/// What names one endpoint among those of all clouds: two clouds may give out the same id.
public struct EndpointName: Hashable, Sendable, Codable {
    public var cloud: Cloud
    /// As in ``Endpoint/id``.
    public var id: String

    public init(_ cloud: Cloud, _ id: String) {
        self.cloud = cloud
        self.id = id
    }

    /// The endpoint that a cloud's load balancer attests.
    public init(_ identity: PrivateLinkIdentity) {
        id = identity.endpointID
        cloud =
            switch identity {
            case .aws: .aws
            case .azure: .azure
            case .google: .gcp
            case .alibaba: .alibaba
            }
    }
}

extension EndpointName: CustomStringConvertible {
    /// `aws:vpce-0123456789abcdef0`, as ``EndpointReference`` reads it.
    public var description: String { "\(cloud.rawValue):\(id)" }
}

extension Endpoint {
    public var name: EndpointName { EndpointName(cloud, id) }
}
