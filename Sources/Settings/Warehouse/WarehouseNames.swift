package import DomainNames
package import Policy
package import Text

/// What a warehouse and its endpoints are called in the gateway's domain.
///
/// For the warehouse `SALES`, the domain `gw.example` and an endpoint of a service with two zones:
///
///     sales.gw.example
///     vpce-0123456789abcdef0.sales.gw.example
///     vpce-0123456789abcdef0-us-east-1a.sales.gw.example
///     vpce-0123456789abcdef0-us-east-1b.sales.gw.example
///
/// Zonal names have AWS' form. An id or a zone that does not fit into a label has no name.
package struct WarehouseNames: Hashable, Sendable {
    /// The warehouse's own.
    package let name: DomainName

    package init(_ name: DomainName) {
        self.name = name
    }

    /// An endpoint's name; `nil` if its id is not a label.
    package func name(of endpoint: Endpoint) -> DomainName? {
        // `try?`: an id that is not a label is expected, and has no name.
        (try? DomainLabel(endpoint.id)).flatMap(name.child)
    }

    /// An endpoint's name in each zone of its service.
    ///
    /// - Parameter services: the warehouse's. An endpoint that does not say to which it belongs
    ///   belongs to the only one of its cloud.
    package func zonalNames(of endpoint: Endpoint, among services: [EndpointService]) -> [ZonalName]
    {
        services.owner(of: endpoint)?.zones.compactMap { zone in
            // `try?`: as above.
            (try? DomainLabel("\(endpoint.id)-\(zone)")).flatMap(name.child)
                .map { ZonalName(zone: zone, name: $0) }
        } ?? []
    }
}

/// An endpoint's name in one zone.
package struct ZonalName: Hashable, Sendable {
    /// As its cloud calls it.
    package var zone: String
    package var name: DomainName
}

extension Topology {
    /// `nil` without a domain.
    package func names(of warehouse: Warehouse) -> WarehouseNames? {
        guard let domain, let label = warehouse.domainLabel else { return nil }
        return domain.child(label).map(WarehouseNames.init)
    }
}

extension Warehouse {
    /// ``label``, or else the id in lower case; `nil` if that is not a label.
    package var domainLabel: DomainLabel? {
        // `try?`: under a domain, such an id was reported when the configuration was read.
        label ?? (try? DomainLabel(id))
    }
}

extension [EndpointService] {
    fileprivate func owner(of endpoint: Endpoint) -> EndpointService? {
        let own = filter { $0.cloud == endpoint.cloud }
        if endpoint.service.isEmpty { return own.count == 1 ? own.first : nil }
        return own.first { $0.id == endpoint.service }
    }
}

// MARK: - Reading

extension WarehouseNames {
    /// Reads a warehouse's key `label`, and reports a warehouse that has no name of its own in the
    /// gateway's domain.
    ///
    /// - Parameter id: the warehouse's; `nil` if it is invalid, which was reported.
    static func readLabel(_ fields: inout Fields, of id: String?) -> DomainLabel? {
        let place = fields.place("label")
        let label: DomainLabel? = place?.scalar()
        guard let id, let domain = fields.place.decoding.domain, place == nil || label != nil
        else { return label }
        do throws(DomainNameError) {
            let used = if let label { label } else { try DomainLabel(id) }
            (place ?? fields.place).claim(used, of: id, in: domain)
        } catch {
            let suggestion = DomainLabel(closestTo: id)?.text ?? "warehouse-1"
            fields.conclude(
                .error,
                at: fields.place,
                fromAbsenceOf: ["label"],
                "the id \(id.quoted) cannot be part of a DNS name: \(error)",
                remedy: "add label: \(suggestion), for the name \(suggestion).\(domain)"
            )
        }
        return label
    }
}

extension Place {
    fileprivate func claim(_ label: DomainLabel, of id: String, in domain: DomainName) {
        guard let name = domain.child(label) else {
            error(
                "the name \(label).\(domain) has more than \(DomainName.byteLimit) characters",
                remedy: "use a shorter domain"
            )
            return
        }
        if let owner = decoding.warehouseLabels.claim(label, for: self) {
            error(
                "duplicate DNS name \(name), first used by \(owner.reference)",
                remedy: "give one of the two warehouses a label: label: \(label)-2"
            )
        }
    }
}

extension DomainName: ConfigurationScalar {
    package static let expectation = "a DNS name such as gw.example.com"

    package init(configurationText text: String) throws(ScalarError) {
        do throws(DomainNameError) {
            try self.init(text)
        } catch {
            throw ScalarError("expected \(Self.expectation), found \(text.quoted): \(error)")
        }
    }
}

extension DomainLabel: ConfigurationScalar {
    package static let expectation = "1 to 63 letters, digits and hyphens, as in a DNS name"

    package init(configurationText text: String) throws(ScalarError) {
        do throws(DomainNameError) {
            try self.init(text)
        } catch {
            throw ScalarError(expected: Self.self, found: text)
        }
    }
}
