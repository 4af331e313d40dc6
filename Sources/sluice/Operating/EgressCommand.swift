import ArgumentParser
import Control
import Operations
import Text

/// `sluice egress`: the addresses that backends see.
struct EgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "egress",
        abstract: "Show the addresses from which the gateway connects to its backends.",
        discussion: """
            Put them into the firewalls before the backends. Observed ones are what the kernel \
            chooses: if a NAT gateway replaces them, declare its addresses in the configuration \
            (egressAddresses).
            """
    )

    @OptionGroup var management: ManagementOptions

    func run() async throws {
        try await management.gateway.show(.get("v1/egress-addresses"), as: Self.text)
    }

    static func text(_ answer: EgressAddresses) -> String {
        let rows = answer.warehouses.flatMap { warehouse in
            warehouse.addresses.map { address in
                [
                    warehouse.warehouseId, address.address, address.source.rawValue,
                    address.backends.isEmpty ? "all" : address.backends.joined(separator: ", "),
                ]
            } + warehouse.unknown.map { [warehouse.warehouseId, "-", "unknown", $0] }
        }
        guard !rows.isEmpty else { return "no backends\n" }
        return Columns(["WAREHOUSE", "ADDRESS", "SOURCE", "BACKENDS"], rows).description + "\n"
    }
}
