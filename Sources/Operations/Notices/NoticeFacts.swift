package import Time

/// What is looked at to find out what people should hear of: a gateway at a moment.
package struct NoticeFacts: Sendable {
    /// Something that expires.
    package struct Expiring: Hashable, Sendable {
        /// `nil` for what belongs to no warehouse.
        package var warehouse: String?
        /// For people: a block, a key's name.
        package var name: String
        package var expiresAt: UnixTime
        /// Since when it has had this expiry, at least; `nil` if unknown.
        package var since: UnixTime?

        package init(
            warehouse: String? = nil,
            name: String,
            expiresAt: UnixTime,
            since: UnixTime? = nil
        ) {
            self.warehouse = warehouse
            self.name = name
            self.expiresAt = expiresAt
            self.since = since
        }
    }

    /// An outbound endpoint that the owner of its service has not accepted.
    package struct OutboundRequest: Hashable, Sendable {
        package var warehouse: String
        package var name: String
        /// On which the gateway listens for it.
        package var port: UInt16

        package init(warehouse: String, name: String, port: UInt16) {
            self.warehouse = warehouse
            self.name = name
            self.port = port
        }
    }

    /// Wrong passwords in a row for one account.
    package struct FailedLogins: Hashable, Sendable {
        /// The account's name.
        package var account: String
        package var count: Int64
        /// An address.
        package var source: String
        package var at: UnixTime

        package init(account: String, count: Int64, source: String, at: UnixTime) {
            self.account = account
            self.count = count
            self.source = source
            self.at = at
        }
    }

    /// How much of the internet a warehouse's whitelist admits.
    package struct Openness: Hashable, Sendable {
        package var warehouse: String
        /// Of one family's addresses, from 0 to 1.
        package var share: Double
        /// The listeners in shadow mode, and until when.
        package var shadows: [String: UnixTime]

        package init(warehouse: String, share: Double, shadows: [String: UnixTime] = [:]) {
            self.warehouse = warehouse
            self.share = share
            self.shadows = shadows
        }
    }

    package var status: GatewayStatus
    /// Endpoints that somebody must accept, or that nobody knows.
    package var endpoints: EndpointList
    package var outboundRequests: [OutboundRequest] = []
    package var entries: [Expiring] = []
    package var keys: [Expiring] = []
    package var openness: [Openness] = []
    package var failedLogins: [FailedLogins] = []
    /// Why the store cannot be used at all; `nil` if it can be, or there is none.
    package var storeLoss: String?
    package var isStoreFailing = false
    /// When the certificate of the management address expires; `nil` without one.
    package var certificateExpiry: UnixTime?
    /// How names resolve; `nil` without `dns`.
    package var names: NameServiceStatus?
    /// Those that the gateway obtains by ACME.
    package var managedCertificates: [ManagedCertificate] = []
    /// Why changed certificate files cannot be used; `nil` if all is well.
    package var certificateFilesFailure: String?
    package var backendDownAfter = Duration.seconds(30)

    package init(
        status: GatewayStatus = GatewayStatus(),
        endpoints: EndpointList = EndpointList(endpoints: [], unknown: [])
    ) {
        self.status = status
        self.endpoints = endpoints
    }
}

extension NoticeFacts {
    /// Everything that a person should hear of.
    package func conditions(at now: UnixTime) -> [NoticeCondition] {
        endpointConditions(at: now) + expiryConditions(at: now) + backendConditions
            + mismatchConditions + redirectConditions + redirectTargetConditions
            + policyConditions(at: now)
            + gatewayConditions(at: now) + nameConditions(at: now)
            + managedCertificates.compactMap { $0.condition(at: now) }
    }
}
