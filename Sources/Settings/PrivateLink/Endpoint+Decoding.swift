import Policy
public import Text

extension Endpoint {
    /// Reads a warehouse's key `endpoints`; no endpoint, which is a cloud and an id, may occur
    /// twice in it.
    ///
    /// - Parameters:
    ///   - services: the warehouse's endpoint services, which endpoints may belong to.
    ///   - areAllKnown: whether these are all of them, without errors.
    static func decodeList(
        _ places: [Place],
        of services: [EndpointService],
        areAllKnown: Bool
    ) -> [Endpoint] {
        var claims = Claims<EndpointName>()
        let byID = Dictionary(services.map { ($0.id, $0) }) { first, _ in first }
        let services = KnownServices(byID: byID, areAll: areAllKnown)
        return places.compactMap { decode($0, of: services, claims: &claims) }
    }

    private static func decode(
        _ place: Place,
        of services: KnownServices,
        claims: inout Claims<EndpointName>
    ) -> Endpoint? {
        place.mapping { fields in
            let cloud: Cloud? = fields.required("cloud")
            let idForm = cloud.map(PrivateLinkForm.endpointID(of:))
            let idPlace = fields.requiredPlace("id")
            let id = idPlace?.text(as: idForm)
            let service = fields.service(among: services)
            let initial = fields.initialState(cloud: cloud, of: service?.known)
            let state = fields.endpointState(of: cloud, default: initial)
            let description: String? = fields.optional("description")
            let connectionLimit = fields.connectionLimit()
            let dnsName: HostName? = fields.optional("dnsName")
            guard let cloud, let id else { return nil }
            idPlace?.claim(EndpointName(cloud, id), "endpoint", from: &claims)
            guard let state else { return nil }
            return Endpoint(
                id: id,
                cloud: cloud,
                state: state,
                description: description ?? "",
                connectionLimit: connectionLimit,
                dnsName: dnsName?.text ?? "",
                service: service?.id ?? ""
            )
        }
    }
}

/// The endpoint services of a warehouse.
private struct KnownServices {
    let byID: [String: EndpointService]
    /// Otherwise an unknown one may be one whose own error is reported.
    let areAll: Bool
}

extension Fields {
    /// The endpoint's state, in the words of its cloud or in ours.
    fileprivate mutating func endpointState(
        of cloud: Cloud?,
        default initial: Endpoint.State?
    ) -> Endpoint.State? {
        guard let cloud, case .scalar(let text)? = place("state")?.node.content,
            let state = Endpoint.State(word: text, of: cloud)
        else { return value("state", default: initial ?? .pendingAcceptance) }
        return state
    }

    /// The endpoint service that the endpoint names.
    fileprivate mutating func service(
        among services: KnownServices
    ) -> (id: String, known: EndpointService?)? {
        guard let place = place("service"), let id: String = place.scalar() else { return nil }
        let service = services.byID[id]
        if service == nil, services.areAll {
            let known = place.decoding.showsMore ? services.byID.keys.prefix(100).sorted() : []
            place.error(
                "unknown endpoint service \(id.quoted)",
                remedy: Suggestion.closest(to: id, among: known)
                    .map { "did you mean \($0)?" } ?? "add it under endpointServices"
            )
        }
        return (id, service)
    }

    /// The initial state of an endpoint: as its service accepts requests.
    fileprivate mutating func initialState(cloud: Cloud?, of service: EndpointService?)
        -> Endpoint.State?
    {
        let principalForm = cloud.map(PrivateLinkForm.principal(of:))
        let principalPlace = place("principal")
        let principal = principalPlace?.text(as: principalForm)
        guard let service, let principal else { return nil }
        if !service.allows(principal: principal) {
            principalPlace?.warning(
                "\(service.id) does not allow this principal: the endpoint stays pending unless its"
                    + " state is set",
                remedy: "add it to allowedPrincipals, or remove the endpoint"
            )
        }
        return service.initialState(for: principal)
    }
}

extension Endpoint.State: ConfigurationWord {}

extension Place {
    /// A name from a cloud's private link.
    ///
    /// - Parameter form: `nil` if the cloud is unknown, and the text cannot be checked.
    func text(as form: PrivateLinkForm?) -> String? {
        guard let text: String = scalar() else { return nil }
        do throws(ScalarError) {
            try form?.check(text)
        } catch {
            self.error(error.message, remedy: error.remedy)
            return nil
        }
        return text
    }

    /// Reports a duplicate of what may occur only once among `claims`.
    ///
    /// - Parameter kind: of `name`, in a word.
    func claim<Name: Hashable>(
        _ name: Name,
        _ kind: String,
        from claims: inout Claims<Name>
    ) {
        guard let owner = claims.claim(name, for: self) else { return }
        error("duplicate \(kind) \(name), first defined at \(owner.reference)")
    }
}
