extension Endpoint {
    /// Reads a warehouse's key `endpoints`; no id may occur twice in it.
    static func decodeList(_ places: [Place]) -> [Endpoint] {
        var claims = Claims<String>()
        return places.compactMap { decode($0, claims: &claims) }
    }

    private static func decode(_ place: Place, claims: inout Claims<String>) -> Endpoint? {
        place.mapping { fields in
            let cloud: Cloud? = fields.required("cloud")
            let idForm = cloud.map(PrivateLinkForm.endpointID(of:))
            let id = fields.requiredPlace("id")?.text(as: idForm, claims: &claims)
            let state = fields.value("state", default: State.pendingAcceptance)
            let description: String? = fields.optional("description")
            guard let cloud, let id, let state else { return nil }
            return Endpoint(id: id, cloud: cloud, state: state, description: description ?? "")
        }
    }
}

extension Endpoint.State: ConfigurationWord {}

extension Place {
    /// A name from a cloud's private link, which may occur only once among `claims`.
    ///
    /// - Parameter form: `nil` where the cloud is not known, and the text cannot be checked.
    func text(as form: PrivateLinkForm?, claims: inout Claims<String>) -> String? {
        guard let text: String = scalar() else { return nil }
        do throws(ScalarFault) {
            try form?.check(text)
        } catch {
            fault(error.message, remedy: error.remedy)
            return nil
        }
        if let owner = claims.claim(text, for: self) {
            fault("\(text) is there already: \(owner.reference)")
        }
        return text
    }
}
