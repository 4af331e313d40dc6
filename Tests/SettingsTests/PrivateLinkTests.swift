import Addresses
import Testing
import Traffic

@testable import Policy
@testable import Settings
@testable import Text

@Suite("Private links in a configuration")
struct PrivateLinkTests {
    @Test(
        "A private listener without a required header is an error: endpoints cannot be identified"
    )
    func identity() {
        for accept in [["accept": "optional", "trusted": ["10.0.0.0/24"]], [:]]
            as [ConfigurationNode]
        {
            let faults =
                SampleTree.private
                .setting("warehouses[0].listeners[0].proxyProtocol", to: accept)
                .decoded().faults
            #expect(faults.map(\.path) == ["warehouses[0].listeners[0].proxyProtocol"])
        }
        let faults =
            SampleTree.private
            .removing("warehouses[0].listeners[0].proxyProtocol")
            .decoded().faults
        #expect(faults.map(\.path) == ["warehouses[0].listeners[0]"])
    }

    @Test("A service allows at most a thousand principals, as each endpoint is compared with all")
    func manyPrincipals() {
        let path = "warehouses[0].endpointServices[0].allowedPrincipals"
        let names = (0...1_000).map { number in
            ConfigurationNode(
                stringLiteral: "arn:aws:iam::123456789012:role/\(number)"
            )
        }
        let tree = SampleTree.private.setting(path, to: ConfigurationNode(list: names))
        #expect(tree.decoded().faults.map(\.path) == [path])
        let fewer = SampleTree.private.setting(path, to: ConfigurationNode(list: names.dropLast()))
        #expect(fewer.decoded().faults == [])
    }

    @Test("Where outbound endpoints listen is read, and its ports belong to nobody else")
    func outboundNetwork() throws {
        let outbound: ConfigurationNode = [
            "listen": "10.0.1.1", "ports": "15000-15099", "sources": ["10.0.1.0/24"],
        ]
        let path = "warehouses[0].outbound"
        let tree = SampleTree.public.setting(path, to: outbound)
        let network = try #require(tree.decoded().configuration?.topology.warehouses[0].outbound)
        #expect("\(network.listen)" == "10.0.1.1" && network.ports == 15_000...15_099)
        #expect(network.sources.map(\.description) == ["10.0.1.0/24"])
        #expect(tree.decoded().findings == [])
        let taken = tree.setting("warehouses[0].listeners[0].listen", to: "10.0.1.1:15050")
        #expect(taken.decoded().faults.count == 1)
        for (key, value) in [
            ("ports", "15099-15000"), ("ports", "0-10"), ("ports", "1-1001"), ("ports", "a"),
            ("ports", "15000-15001-15002"), ("listen", "10.0.1.1:80"),
        ] as [(String, ConfigurationNode)] {
            let faults = tree.setting("\(path).\(key)", to: value).decoded().faults
            #expect(faults.map(\.path) == ["\(path).\(key)"], "\(value)")
        }
        let open = tree.setting("\(path).sources", to: ["0.0.0.0/0"]).decoded()
        #expect(open.warnings.map(\.path) == ["\(path).sources"])
    }

    @Test("Names and zones of endpoint services and endpoints are read")
    func names() throws {
        let service = "warehouses[0].endpointServices[0]"
        let tree = SampleTree.private
            .setting("\(service).name", to: "Sales")
            .setting("\(service).alias", to: "sales.example")
            .setting("\(service).zones", to: ["use1-az1", "use1-az2"])
            .setting("warehouses[0].endpoints[0].dnsName", to: "sales.example.com")
        let decoded = tree.decoded()
        #expect(decoded.faults == [])
        let policy = try #require(decoded.configuration?.policy.warehouses.values.first)
        #expect(policy.endpointServices.first?.name == "Sales")
        #expect(policy.endpointServices.first?.alias == "sales.example")
        #expect(policy.endpointServices.first?.zones == ["use1-az1", "use1-az2"])
        #expect(policy.endpoints.first?.dnsName == "sales.example.com")
        let twice = tree.setting("\(service).zones", to: ["1", "1"]).decoded().faults
        #expect(twice.map(\.path) == ["\(service).zones[1]"])
        let invalid = tree.setting("warehouses[0].endpoints[0].dnsName", to: "a b").decoded().faults
        #expect(invalid.map(\.path) == ["warehouses[0].endpoints[0].dnsName"])
    }

    @Test("An endpoint is its cloud and its id: two clouds may give out the same id")
    func twoClouds() {
        func endpoint(_ cloud: String) -> ConfigurationNode {
            ["id": "99", "cloud": ConfigurationNode(stringLiteral: cloud), "state": "available"]
        }
        func faults(_ clouds: String...) -> [ConfigurationFinding] {
            SampleTree.private
                .setting(
                    "warehouses[0].endpoints",
                    to: ConfigurationNode(list: clouds.map(endpoint))
                )
                .decoded().faults
        }
        #expect(faults("azure", "gcp") == [])
        let twice = faults("azure", "gcp", "azure")
        #expect(twice.map(\.path) == ["warehouses[0].endpoints[2].id"])
        #expect(twice.first?.message.contains("duplicate endpoint azure:99") == true)
        #expect(twice.first?.message.contains("warehouses[0].endpoints[0].id") == true)
    }

    @Test("An invalid endpoint or service is reported at its key path", arguments: faults)
    func fault(fault: FaultCase) {
        fault.expectFinding(.error, in: SampleTree.private)
    }

    static let faults = [
        FaultCase("warehouses[0].endpoints[0].id", nil, "missing"),
        FaultCase("warehouses[0].endpoints[0].cloud", nil, "missing"),
        FaultCase("warehouses[0].endpoints[0].cloud", "amazon", "aws, azure, gcp, alibaba"),
        FaultCase("warehouses[0].endpoints[0].state", "availabel", "did you mean available?"),
        FaultCase("warehouses[0].endpoints[0].name", "x", "unknown key"),
        FaultCase(
            "warehouses[0].endpoints[0].id",
            "vpce-svc-0a1b2c3d4e5f67890",
            "this is an endpoint service id"
        ),
        FaultCase("warehouses[0].endpointServices[0].id", nil, "missing"),
        FaultCase("warehouses[0].endpointServices[0].region", nil, "missing"),
        FaultCase("warehouses[0].endpointServices[0].region", "us east", "a region such as"),
        FaultCase("warehouses[0].endpointServices[0].acceptance", "none", "manual, automatic"),
        FaultCase(
            "warehouses[0].endpointServices[0].id",
            "vpce-0123456789abcdef0",
            "vpce-svc-"
        ),
        FaultCase(
            "warehouses[0].endpointServices[0].allowedPrincipals[0]",
            "arn:aws:s3:::bucket",
            "arn:aws:iam"
        ),
    ]

    @Test("A duplicate endpoint, service or principal is an error that names the first")
    func duplicates() {
        let twice =
            SampleTree.private
            .setting(
                "warehouses[0].endpoints",
                to: [SampleTree.endpoint, SampleTree.endpoint]
            )
            .setting(
                "warehouses[0].endpointServices",
                to: [SampleTree.endpointService, SampleTree.endpointService]
            )
        let faults = twice.decoded().faults
        #expect(
            faults.map(\.path) == [
                "warehouses[0].endpointServices[1].id", "warehouses[0].endpoints[1].id",
            ]
        )
        #expect(faults.last?.message.contains("warehouses[0].endpoints[0].id, line 1") == true)
    }

    @Test(
        "An endpoint's id has the form of its cloud",
        arguments: [
            (Cloud.aws, "vpce-0123456789abcdef0"), (.aws, "vpce-1a2b3c4d"), (.azure, "553665793"),
            (.azure, "4294967295"), (.gcp, "18446744073709551615"), (.alibaba, "ep-hp33b2e43fays7"),
        ]
    )
    func endpointID(cloud: Cloud, id: String) throws {
        try PrivateLinkForm.endpointID(of: cloud).check(id)
    }

    @Test(
        "An id that no header could name is rejected",
        arguments: [
            (Cloud.aws, "vpce-0123456789ABCDEF0"), (.aws, "vpce-012"), (.aws, ""),
            (.aws, "0123456789abcdef0"), (.azure, "4294967296"), (.azure, "007"), (.azure, "+7"),
            (.azure, "-1"), (.azure, "vpce-1a2b3c4d"), (.gcp, "18446744073709551616"),
            (.alibaba, "epsrv-hp33b2e43fays7"), (.alibaba, "ep-"),
        ]
    )
    func noEndpointID(cloud: Cloud, id: String) {
        #expect(throws: ScalarError.self) { try PrivateLinkForm.endpointID(of: cloud).check(id) }
    }

    private static let guid = "0b5a1c3e-93f1-4a3c-8f1d-2a6b7c8d9e0f"

    @Test(
        "An endpoint service's id has the form of its cloud",
        arguments: [
            (Cloud.aws, "vpce-svc-0a1b2c3d4e5f67890"),
            (
                .azure,
                "/subscriptions/\(guid)/resourceGroups/rg/providers/Microsoft.Network/"
                    + "privateLinkServices/pls"
            ),
            (.azure, "pls.\(guid).westeurope.azure.privatelinkservice"),
            (.gcp, "projects/p/regions/europe-west1/serviceAttachments/a"),
            (.alibaba, "epsrv-hp3vpx8yqxblby3i2"),
        ]
    )
    func endpointServiceID(cloud: Cloud, id: String) throws {
        try PrivateLinkForm.endpointServiceID(of: cloud).check(id)
        for other in Cloud.allCases where other != cloud && other != .embedded {
            #expect(throws: ScalarError.self) {
                try PrivateLinkForm.endpointServiceID(of: other).check(id)
            }
        }
    }

    @Test(
        "A principal has the form of its cloud",
        arguments: [
            (Cloud.aws, "arn:aws:iam::123456789012:root"),
            (.aws, "arn:aws-cn:iam::123456789012:role/etl/reader"),
            (.aws, "arn:aws-us-gov:iam::123456789012:user/ada"), (.aws, "*"), (.azure, guid),
            (.azure, "*"), (.gcp, "my-project-1"), (.alibaba, "1234567890123456"),
        ]
    )
    func principal(cloud: Cloud, text: String) throws {
        try PrivateLinkForm.principal(of: cloud).check(text)
    }

    @Test(
        "An invalid principal is rejected",
        arguments: [
            (Cloud.aws, "123456789012"), (.aws, "arn:aws:iam::12345:root"), (.aws, "**"),
            (.aws, "arn:aws:iam::123456789012:role/"), (.aws, "arn:aws:iam:eu:123456789012:root"),
            (.aws, "arn:aws:iam::123456789012:group/g"), (.azure, "0b5a1c3e"), (.azure, ""),
            (.gcp, "a b"), (.alibaba, ""),
        ]
    )
    func noPrincipal(cloud: Cloud, text: String) {
        #expect(throws: ScalarError.self) { try PrivateLinkForm.principal(of: cloud).check(text) }
    }
}
