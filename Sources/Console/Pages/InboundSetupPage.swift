package import Text

/// How the user's network reaches a warehouse, step by step.
package struct InboundSetupPage: ConsolePage {
    package static let template = "inbound"

    struct Tab: Sendable {
        let title: String
        let path: String
        let isCurrent: Bool
    }

    struct Step: Sendable {
        let anchor: String
        let title: String
        /// Its number; a tick once it is done.
        let mark: String
        let word: String
        let tone: String

        /// - Parameter steps: what they are, where, and whether they are done.
        static func all(_ steps: [(anchor: String, title: String, isDone: Bool)]) -> [Step] {
            steps.enumerated().map { index, step in
                Step(
                    anchor: step.anchor,
                    title: step.title,
                    mark: step.isDone ? "✓" : "\(index + 1)",
                    word: step.isDone ? "Done" : "To do",
                    tone: step.isDone ? "good" : "off"
                )
            }
        }
    }

    package let title = "Set up connection"
    package let events: String? = "changes,status,denials"
    let warehouse: String
    let warehouseName: String
    let mayChange: Bool
    let backPath: String
    let clouds: [Tab]
    let steps: [Step]
    let isEmbedded: Bool
    let cloud: String
    let allowTitle: String
    let allowText: String
    let principalLabel: String
    let principalExample: String
    let principalHint: String
    let idTitle: String
    let service: PrivateLinkPage.Service?
    let createLink: String?
    let guide: [CloudGuide.Step]
    let registerNumber: Int
    let testNumber: Int
    let contractPath: String
    let firstState: String
    let lastState: String
    let endpointExample: String
    /// Where ids do not say of which cloud they are; empty elsewhere.
    let endpointPrefix: String
    let endpointHint: String
    let dnsHint: String
    let seen: [PrivateLinkPage.Unknown]
    let endpoints: [PrivateLinkPage.Endpoint]
    let examples: [PublicLinkPage.Method]

    /// - Parameter wanted: the cloud that was chosen; empty for the warehouse's own.
    package init(_ answers: PrivateLinkPage.Answers, me: JSONValue, cloud wanted: String) {
        let links = PrivateLinkPage(answers, me: me)
        let word = wanted.isEmpty ? answers.warehouse["cloudProvider"]?.string ?? "aws" : wanted
        let cloud = Cloud(word: word)
        let words = CloudWords(cloud)
        let path = ConsolePath.warehouse(links.warehouse) + "/private-link"
        warehouse = links.warehouse
        warehouseName = links.warehouseName
        mayChange = links.mayChange
        backPath = path
        clouds = ["aws", "azure", "gcp", "alibaba", "embedded"].map { other in
            Tab(
                title: Cloud(word: other).name,
                path: "\(path)/inbound?cloud=\(other)",
                isCurrent: other == word
            )
        }
        isEmbedded = word == "embedded"
        self.cloud = cloud.name
        allowTitle = words.allowTitle
        allowText = words.allowText
        principalLabel = words.principalLabel
        principalExample = words.principalExample
        principalHint = words.principalHint
        idTitle = word == "azure" ? "Resource ID" : "Service ID"
        service = links.services.first { $0.cloud == cloud.name }
        let region =
            service.map(\.region) ?? answers.warehouse["region"]?.string
        createLink = cloud.createEndpointLink(region: region)
        guide = CloudGuide.endpoint(in: cloud).steps
        registerNumber = isEmbedded ? 2 : 3
        testNumber = isEmbedded ? 3 : 4
        contractPath = links.contractPath
        firstState = words.firstState
        lastState = words.lastState
        endpointExample = words.endpointExample
        endpointPrefix = ["azure", "gcp"].contains(word) ? "\(word):" : ""
        endpointHint = words.endpointHint
        dnsHint = words.dnsHint
        seen = links.unknown.filter { $0.endpoint.hasPrefix("\(word):") }
        endpoints = links.endpoints.filter { $0.cloud == cloud.name }
        examples = endpoints.first.map { Array($0.examples.prefix(3)) } ?? []
        steps = Self.steps(
            words,
            isEmbedded: isEmbedded,
            isAllowed: service?.principals.isEmpty == false,
            isRegistered: !endpoints.isEmpty,
            isConnected: endpoints.contains { $0.connections != "0" }
        )
    }

    private static func steps(
        _ words: CloudWords,
        isEmbedded: Bool,
        isAllowed: Bool,
        isRegistered: Bool,
        isConnected: Bool
    ) -> [Step] {
        let first =
            isEmbedded
            ? [("create", "Address of the gateway", isRegistered)]
            : [
                ("allow", words.allowTitle, isAllowed),
                ("create", "Create the endpoint", isRegistered),
            ]
        return Step.all(
            first + [
                ("register", "Register the endpoint", isRegistered),
                ("test", "Test it", isConnected),
            ]
        )
    }
}

/// A cloud's words for a private link's parts.
struct CloudWords: Sendable {
    let allowTitle: String
    let allowText: String
    let principalLabel: String
    let principalExample: String
    let principalHint: String
    let firstState: String
    let lastState: String
    let endpointExample: String
    let endpointHint: String
    let dnsHint: String

    init(_ cloud: Cloud) {
        switch cloud.word {
        case "azure":
            allowTitle = "Approve a subscription"
            allowText = "Only subscriptions that are approved may ask for an endpoint."
            principalLabel = "Subscription ID"
            principalExample = "11111111-2222-3333-4444-555555555555"
            principalHint = "In the Azure portal under Subscriptions."
            (firstState, lastState) = ("Created", "OK")
            endpointExample = "553665793"
            endpointHint =
                "The LINKID. If you do not know it, connect once: the endpoint is then listed below."
            dnsHint = "In the endpoint's details (Find DNS Name)."
        case "gcp":
            allowTitle = "Allow a project"
            allowText = "Only projects that are allowed may connect an endpoint."
            principalLabel = "Project ID"
            principalExample = "analytics-prod"
            principalHint = "In the Google Cloud console, at the top."
            (firstState, lastState) = ("Pending", "Accepted")
            endpointExample = "1234567890123456"
            endpointHint = "The PSC connection ID, in the endpoint's details."
            dnsHint = "The endpoint's IP address, or a name of your own for it."
        case "alibaba":
            allowTitle = "Allow a cloud account"
            allowText = "Only accounts that are allowed may create an endpoint."
            principalLabel = "Account ID"
            principalExample = "1234567890123456"
            principalHint = "In the Alibaba Cloud console under your picture."
            (firstState, lastState) = ("Disconnected", "Connected")
            endpointExample = "ep-0123456789abcdef"
            endpointHint = "In the endpoint's details."
            dnsHint = "In the endpoint's details."
        case "embedded":
            allowTitle = ""
            allowText = ""
            principalLabel = ""
            principalExample = ""
            principalHint = ""
            (firstState, lastState) = ("pendingAcceptance", "available")
            endpointExample = "reporting"
            endpointHint = "As the listener in the configuration names it."
            dnsHint = "Without one, it is made of the endpoint's and the warehouse's ids."
        default:
            allowTitle = "Allow a principal"
            allowText = "Only principals that are allowed may create an endpoint."
            principalLabel = "ARN"
            principalExample = "arn:aws:iam::123456789012:root"
            principalHint =
                "Of an account (…:root), a role or a user. Your account ID is at the top right of the AWS"
                + " console."
            (firstState, lastState) = ("Pending", "Available")
            endpointExample = "vpce-0123456789abcdef0"
            endpointHint = "In the endpoint's details."
            dnsHint = "In the endpoint's details (Find DNS Name)."
        }
    }
}
