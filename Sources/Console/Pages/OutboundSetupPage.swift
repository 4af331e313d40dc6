package import Text

/// How a warehouse reaches a data source in the user's network, step by step.
package struct OutboundSetupPage: ConsolePage {
    package static let template = "outbound"

    struct Service: Sendable {
        let id: String
        let name: String
        let region: String
        let connectivity: String
        let tone: String
        let path: String
    }

    package let title = "New connection"
    package let events: String? = "changes,status"
    let warehouse: String
    let warehouseName: String
    let mayChange: Bool
    let backPath: String
    let clouds: [InboundSetupPage.Tab]
    let steps: [InboundSetupPage.Step]
    let cloud: String
    let cloudWord: String
    let region: String
    let createLink: String?
    let identityTitle: String
    /// What the user allows; `nil` if the gateway does not know it.
    let identity: String?
    let guide: [CloudGuide.Step]
    let services: [Service]
    let outbound: [PrivateLinkPage.Outbound]
    let contractPath: String
    let idTitle: String
    let idExample: String
    let nameTitle: String
    let nameExample: String
    let lastState: String
    /// Services are of no warehouse.
    let mayRegister: Bool

    /// - Parameters:
    ///   - registered: as `GET /v1/private-link/endpoint-services` answers.
    ///   - identities: as `GET /v1/private-link/identities` answers.
    ///   - wanted: the cloud that was chosen; empty for the warehouse's own.
    package init(
        _ answers: PrivateLinkPage.Answers,
        registered: [JSONValue],
        identities: JSONValue,
        me: JSONValue,
        cloud wanted: String
    ) {
        let links = PrivateLinkPage(answers, me: me)
        let word = wanted.isEmpty ? answers.warehouse["cloudProvider"]?.string ?? "aws" : wanted
        let cloud = Cloud(word: word)
        let path = ConsolePath.warehouse(links.warehouse) + "/private-link"
        warehouse = links.warehouse
        warehouseName = links.warehouseName
        mayChange = links.mayChange
        backPath = path
        clouds = ["aws", "azure", "gcp", "alibaba"].map { other in
            InboundSetupPage.Tab(
                title: Cloud(word: other).name,
                path: "\(path)/outbound?cloud=\(other)",
                isCurrent: other == word
            )
        }
        self.cloud = cloud.name
        cloudWord = word
        region = answers.warehouse["region"]?.string ?? ""
        createLink = cloud.createServiceLink(region: region)
        identityTitle = word == "azure" ? "Subscription ID" : word == "aws" ? "ARN" : "Account"
        identity = identities[word]?.string
        guide = CloudGuide.service(in: cloud).steps
        services = registered.filter { $0["cloudProvider"]?.string == word }.map { Service($0) }
        outbound = links.outbound
        contractPath = links.contractPath
        let isAzure = word == "azure"
        idTitle = isAzure ? "Resource ID" : "Service ID"
        nameTitle = isAzure ? "Alias" : "Service name"
        idExample =
            isAzure
            ? "/subscriptions/…/privateLinkServices/ledger" : "vpce-svc-0123456789abcdef0"
        nameExample =
            isAzure
            ? "ledger.guid.region.azure.privatelinkservice"
            : "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
        lastState = isAzure ? "Approve" : "available"
        mayRegister = Rights(me).mayOperateAll
        let isRegistered = !services.isEmpty
        steps = InboundSetupPage.Step.all([
            ("create", "Create an endpoint service", isRegistered),
            ("register", "Register the service", isRegistered),
            ("endpoint", "Create the endpoint", !outbound.isEmpty),
            ("test", "Accept it, and test", outbound.contains { $0.tone == "good" }),
        ])
    }
}

extension OutboundSetupPage.Service {
    init(_ service: JSONValue) {
        id = service["endpointServiceId"]?.string ?? ""
        name = service["endpointServiceName"]?.string ?? ""
        region = service["region"]?.string ?? ""
        let word = service["connectivity"]?.string ?? service["status"]?.string ?? "unknown"
        connectivity = word.prefix(1).uppercased() + word.dropFirst()
        tone =
            ["connectable", "reachable", "available"].contains(word.lowercased()) ? "good" : "off"
        path = "/v1/private-link/endpoint-services/\(id.percentEncoded)"
    }
}

extension Cloud {
    /// Where one makes an endpoint service.
    func createServiceLink(region: String) -> String? {
        switch word {
        case "aws":
            let place = region.percentEncoded
            return region.isEmpty
                ? nil
                : "https://\(place).console.aws.amazon.com/vpcconsole/home?region=\(place)"
                    + "#CreateVpcEndpointServiceConfiguration:"
        case "azure": return "https://portal.azure.com/#create/Microsoft.PrivateLinkservice"
        case "gcp": return "https://console.cloud.google.com/net-services/psc/addProducer"
        case "alibaba":
            return "https://vpc.console.aliyun.com/endpointservice/\(region.percentEncoded)"
        default: return nil
        }
    }
}
