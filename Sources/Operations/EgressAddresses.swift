package import Addresses
import Policy
package import Settings

/// The addresses from which a gateway connects to its backends: what goes into the firewalls before
/// them. The answer of `/v1/egress-addresses`.
package struct EgressAddresses: Hashable, Sendable, Codable {
    package enum Source: String, Hashable, Sendable, Codable, CaseIterable {
        /// In the configuration: `egressAddresses`, or a service's `sourceAddresses`.
        case declared
        /// What the kernel chooses. A NAT gateway on the way may replace it.
        case observed
    }

    package struct Address: Hashable, Sendable, Codable {
        /// An address or a block.
        package var address: String
        package var source: Source
        /// The backends that see it, as resolved; empty if it is declared for all of them.
        package var backends: [String]
    }

    package struct Warehouse: Hashable, Sendable, Codable {
        package var warehouseId: String
        package var addresses: [Address]
        /// Backends for which no address is known: unresolved names, or without a route.
        package var unknown: [String]
    }

    package var warehouses: [Warehouse]

    /// - Parameters:
    ///   - observe: the address that the kernel chooses for a backend; `nil` if it has no route.
    package init(
        _ topology: Topology,
        _ backends: BackendList,
        isVisible: (String) -> Bool = { _ in true },
        observe: (SocketAddress) -> IPAddress?
    ) {
        warehouses = topology.warehouses.filter { isVisible($0.id) }.map { warehouse in
            let declared = warehouse.egressAddresses ?? topology.egressAddresses
            guard declared.isEmpty else {
                let addresses = declared.map { block in
                    Address(address: block.addressText, source: .declared, backends: [])
                }
                return Warehouse(warehouseId: warehouse.id, addresses: addresses, unknown: [])
            }
            let own = backends.backends.filter { $0.warehouse == warehouse.id }
            return Warehouse(warehouse.id, own, topology.services, observe)
        }
    }
}

extension EgressAddresses.Warehouse {
    fileprivate init(
        _ id: String,
        _ backends: [BackendList.Entry],
        _ services: [Service],
        _ observe: (SocketAddress) -> IPAddress?
    ) {
        var seen: [EgressAddresses.Address] = []
        var unknown: [String] = []
        for entry in backends {
            let name = entry.backend.address ?? entry.backend.name
            // `try?`: only a name that is not resolved yet is not an address.
            guard
                let destination = entry.backend.address.flatMap({ try? SocketAddress(parsing: $0) })
            else {
                unknown.append(name)
                continue
            }
            let bound =
                services.first { service in
                    service.id.warehouse == id && service.id.protocol == entry.protocol
                        && service.id.listener?.description == entry.backend.listener
                }?.sourceAddresses.filter { $0.family == destination.ip.family } ?? []
            let addresses = bound.isEmpty ? observe(destination).map { [$0] } ?? [] : bound
            if addresses.isEmpty { unknown.append(name) }
            for address in addresses {
                seen.add("\(address)", bound.isEmpty ? .observed : .declared, name)
            }
        }
        self.init(
            warehouseId: id,
            addresses: seen.sorted {
                ($0.address, $0.source.rawValue) < ($1.address, $1.source.rawValue)
            },
            unknown: Set(unknown).sorted()
        )
    }
}

extension [EgressAddresses.Address] {
    fileprivate mutating func add(
        _ address: String,
        _ source: EgressAddresses.Source,
        _ backend: String
    ) {
        guard let index = firstIndex(where: { $0.address == address && $0.source == source }) else {
            append(Element(address: address, source: source, backends: [backend]))
            return
        }
        if !self[index].backends.contains(backend) { self[index].backends.append(backend) }
    }
}

extension CIDRBlock {
    /// Without the length if it is a single address.
    fileprivate var addressText: String {
        prefixLength == network.family.bitWidth ? "\(network)" : description
    }
}
