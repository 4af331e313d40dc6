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
        let names: [String]
        let issuer: String
        let left: String
        let tone: String
        let until: Moment?
    }

    /// A certificate that the gateway obtains by ACME.
    struct Managed: Sendable {
        let names: String
        let state: String
        let until: Moment?
        let renewal: Moment?
        /// Why the last attempt has failed.
        let failure: String?
        let remedy: String?
        /// Of the next attempt after a failure.
        let next: Moment?

        fileprivate init(_ certificate: JSONValue) {
            names = (certificate["names"]?.array?.compactMap(\.string) ?? []).joined(
                separator: ", "
            )
            let word = certificate["state"]?.string ?? ""
            let isOrdered = certificate["isOrdered"] == true
            state = (Self.states[word] ?? word) + (isOrdered ? ", ordered" : "")
            until = certificate["expiresAt"]?.moment
            renewal = certificate["renewsAt"]?.moment
            failure = certificate["lastError"]?.string
            remedy = certificate["remedy"]?.string
            next = failure == nil ? nil : certificate["nextAttemptAt"]?.moment
        }

        private static let states = [
            "pending": "None yet", "valid": "Valid", "renewalFailing": "Renewal is failing",
            "failing": "Cannot be obtained", "expired": "Expired",
        ]
    }

    /// How many clients that reached no warehouse are shown, the latest.
    package static let denialLimit = 20

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
    let managed: [Managed]
    let awaiting: String?
    let unrouted: [UnroutedClient]
    let unroutedTotal: String
    let hasMoreUnrouted: Bool
    let egress: [Egress]

    /// - Parameters:
    ///   - status: as `GET /v1/status` answers.
    ///   - certificates: as `GET /v1/certificates` answers.
    ///   - denials: as `GET /v1/denials?unrouted=true` answers.
    ///   - egress: as `GET /v1/egress-addresses` answers.
    package init(
        status: JSONValue,
        certificates: JSONValue,
        denials: JSONValue,
        egress: JSONValue
    ) {
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
            certificates["certificates"]?.array?.compactMap { entry in
                entry["certificate"].map { Shown($0, daysLeft: entry["daysLeft"]?.int ?? 0) }
            } ?? []
        managed = certificates["managed"]?.array?.map(Managed.init) ?? []
        unrouted = denials["denials"]?.array?.map { UnroutedClient($0) } ?? []
        let total = denials["total"]?.int ?? unrouted.count
        unroutedTotal = total.grouped
        hasMoreUnrouted = total > unrouted.count
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

extension GatewayPage.Shown {
    /// From when on a certificate should have been replaced: ACME's own are by then.
    private static let warningDays = 14

    init(_ certificate: JSONValue, daysLeft: Int) {
        listener = certificate["listener"]?.string ?? ""
        let all = certificate["names"]?.array?.compactMap(\.string) ?? []
        names = all.isEmpty ? [certificate["subject"]?.string ?? "-"] : all
        issuer = certificate["issuer"]?.string ?? ""
        until = certificate["expiresAt"]?.moment
        left = daysLeft < 0 ? "expired" : daysLeft.of("day") + " left"
        tone = daysLeft < 0 ? "bad" : daysLeft < Self.warningDays ? "warn" : "good"
    }
}
