package import Text

/// The gateway itself.
package struct GatewayPage: ConsolePage {
    package static let template = "settings-gateway"

    struct Certificate: Sendable {
        let fingerprint: String
        let until: Moment?
    }

    /// A certificate that a listener shows.
    struct Shown: Sendable {
        let listener: String
        let names: String
        let until: Moment?
    }

    struct Egress: Sendable {
        let warehouse: String
        let addresses: [String]
    }

    package let title = "Gateway"
    package let events: String? = "status"
    let sections = SettingsSection.all(current: "gateway")
    let generation: String
    let certificate: Certificate?
    let shown: [Shown]
    let awaiting: String?
    let egress: [Egress]

    /// - Parameters:
    ///   - status: as `GET /v1/status` answers.
    ///   - egress: as `GET /v1/egress-addresses` answers.
    package init(status: JSONValue, egress: JSONValue) {
        generation = "\(status["generation"]?.int ?? 0)"
        certificate = status["managementCertificate"].flatMap { certificate in
            certificate["fingerprint"]?.string.map {
                Certificate(
                    fingerprint: $0,
                    until: certificate["expiresAt"]?.moment
                )
            }
        }
        shown =
            status["tls"]?["certificates"]?.array?.map { certificate in
                let names = certificate["names"]?.array?.compactMap(\.string) ?? []
                return Shown(
                    listener: certificate["listener"]?.string ?? "",
                    names: names.joined(separator: ", "),
                    until: certificate["expiresAt"]?.moment
                )
            } ?? []
        let keys = status["awaitingRestart"]?.array?.compactMap(\.string) ?? []
        awaiting = keys.isEmpty ? nil : keys.joined(separator: ", ")
        self.egress =
            egress["warehouses"]?.array?.map { warehouse in
                Egress(
                    warehouse: warehouse["warehouseId"]?.string ?? "",
                    addresses: warehouse["addresses"]?.array?.compactMap { $0["address"]?.string }
                        ?? []
                )
            } ?? []
    }
}
