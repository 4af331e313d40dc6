import Addresses
import DNSProtocol
import DomainNames
import Logging
import NameService
import Operations
import Policy
import Settings
import Testing

@testable import Control

@Suite("The gateway's zone while it runs")
struct GatewayNamesTests {
    private let names = GatewayNames(
        clientLimit: 10,
        logger: Logger(label: "names") { _ in SwiftLogNoOpLogHandler() }
    )

    private func topology(_ label: String? = nil) throws -> Topology {
        var warehouse = Warehouse(id: "SALES")
        warehouse.label = try label.map { try DomainLabel($0) }
        var topology = Topology(domain: try DomainName("gw.example"), warehouses: [warehouse])
        var settings = NameServiceSettings()
        settings.nameServers = [ZoneNameServer(name: try DomainName("ns.example"))]
        settings.addresses = [try IPAddress(parsing: "192.0.2.1")]
        topology.names = settings
        return topology
    }

    @Test("Its serial grows when a record changes, and only then")
    func serial() throws {
        #expect(names.zone == nil && names.status == nil)
        names.apply(try topology(), Policy())
        let first = try #require(names.zone?.serial)
        names.apply(
            try topology(),
            Policy(["SALES": WarehousePolicy(whitelist: Whitelist(mode: .nowhere))])
        )
        #expect(names.zone?.serial == first)
        names.apply(try topology("hr"), Policy())
        let second = try #require(names.zone?.serial)
        #expect(second > first)
        #expect(names.status?.nameCount == 1)
    }

    @Test("Texts come and go while it runs, and outlive a reload")
    func texts() throws {
        let name = try DNSName(parsing: "_acme-challenge.sales.gw.example")
        #expect(!names.setTexts(["a"], at: name))
        names.apply(try topology(), Policy())
        #expect(names.setTexts(["a", "b"], at: name))
        names.apply(try topology("hr"), Policy())
        let question = DNSQuestion(name, .txt)
        let client = try IPAddress(parsing: "192.0.2.9")
        #expect(names.zone?.answer(question, for: client).answers.count == 2)
        #expect(names.setTexts([], at: name))
        #expect(names.zone?.answer(question, for: client).code == .noSuchName)
        #expect(try !names.setTexts(["a"], at: DNSName(parsing: "_acme-challenge.example")))
    }
}
