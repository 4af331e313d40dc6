import Policy
public import Text

extension EndpointService {
    /// Reads a warehouse's key `endpointServices`; no id may occur twice in it.
    static func decodeList(_ places: [Place]) -> [EndpointService] {
        var claims = Claims<String>()
        return places.compactMap { decode($0, claims: &claims) }
    }

    private static func decode(
        _ place: Place,
        claims: inout Claims<String>
    ) -> EndpointService? {
        place.mapping { fields in
            let cloud: Cloud? = fields.required("cloud")
            let idForm = cloud.map(PrivateLinkForm.endpointServiceID(of:))
            let idPlace = fields.requiredPlace("id")
            let id = idPlace?.text(as: idForm)
            if let id { idPlace?.claim(id, "endpoint service", from: &claims) }
            let region: RegionName? = fields.required("region")
            let acceptance = fields.value("acceptance", default: Acceptance.manual)
            let principals = allowedPrincipals(&fields, cloud: cloud, acceptance: acceptance)
            let name: String? = fields.optional("name")
            let alias: String? = fields.optional("alias")
            let zones = zones(&fields)
            guard let cloud, let id, let region, let acceptance else { return nil }
            return EndpointService(
                id: id,
                cloud: cloud,
                region: region.text,
                acceptance: acceptance,
                allowedPrincipals: principals,
                name: name ?? "",
                alias: alias ?? "",
                zones: zones
            )
        }
    }

    private static func zones(_ fields: inout Fields) -> [String] {
        var claims = Claims<String>()
        return fields.elements("zones").compactMap { place in
            let zone: ZoneName? = place.scalar()
            if let zone { place.claim(zone.text, "zone", from: &claims) }
            return zone?.text
        }
    }

    /// Each endpoint is compared with all of them; the clouds allow fewer.
    private static let principalLimit = 1_000

    private static func allowedPrincipals(
        _ fields: inout Fields,
        cloud: Cloud?,
        acceptance: Acceptance?
    ) -> [String] {
        var claims = Claims<String>()
        let list = fields.place("allowedPrincipals")
        let places = list?.elements() ?? []
        guard places.count <= principalLimit else {
            list?.error(
                "more than \(principalLimit) principals",
                remedy: "allow accounts instead of their users and roles"
            )
            return []
        }
        return places.compactMap { place in
            let form = cloud.map(PrivateLinkForm.principal(of:))
            let principal = place.text(as: form)
            if let principal { place.claim(principal, "principal", from: &claims) }
            if principal == PrivateLinkForm.anyPrincipal, acceptance == .automatic {
                place.warning(
                    "endpoints from any account are accepted automatically",
                    remedy: "list the principals, or set acceptance: manual"
                )
            }
            return principal
        }
    }
}

extension EndpointService.Acceptance: ConfigurationWord {}
extension Cloud: ConfigurationWord {}
