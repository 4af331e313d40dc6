/// What one does in a cloud's own console, step by step, in its own words.
struct CloudGuide: Sendable {
    struct Field: Sendable {
        let name: String
        let text: String
    }

    struct Step: Sendable {
        let text: String
        let fields: [Field]
        let note: String?

        init(_ text: String, _ fields: [(String, String)] = [], note: String? = nil) {
            self.text = text
            self.fields = fields.map { Field(name: $0.0, text: $0.1) }
            self.note = note
        }
    }

    let steps: [Step]

    /// An endpoint in the user's network, for a service of the warehouse.
    static func endpoint(in cloud: Cloud) -> CloudGuide {
        switch cloud.word {
        case "aws": awsEndpoint
        case "azure": azureEndpoint
        case "gcp": googleEndpoint
        case "alibaba": alibabaEndpoint
        default: CloudGuide(steps: [])
        }
    }

    /// A service in front of the user's data source, for an endpoint of the warehouse.
    static func service(in cloud: Cloud) -> CloudGuide {
        switch cloud.word {
        case "aws": awsService
        case "azure": azureService
        case "gcp": googleService
        case "alibaba": alibabaService
        default: CloudGuide(steps: [])
        }
    }
}

// MARK: - AWS

extension CloudGuide {
    private static let awsEndpoint = CloudGuide(steps: [
        Step(
            "Sign in to AWS with the principal that was allowed in step 1, open VPC › Endpoints in the"
                + " region above, and choose Create endpoint.",
            note:
                "With another principal, or in another region, the service name cannot be verified."
        ),
        Step(
            "Fill in the form.",
            [
                ("Name tag", "Optional. A name for yourself."),
                ("Service category", "Endpoint services that use NLBs and GWLBs."),
                ("Service name", "The service name above. Then choose Verify service."),
                ("VPC", "The network that your applications are in."),
                (
                    "Subnets",
                    "One in each zone above that you use: an endpoint reaches the service only in the"
                        + " service's own zones."
                ),
                (
                    "Security groups",
                    "One that allows the warehouse's ports from the addresses of your applications."
                ),
                ("Tags", "Optional."),
            ]
        ),
        Step(
            "Choose Create endpoint, and copy the endpoint's ID. Its status goes from Pending to"
                + " Available."
        ),
        Step(
            "In the endpoint's details, find its DNS names: your applications connect to one of them.",
            note: "AWS charges you for the endpoint and for its traffic."
        ),
    ])

    private static let awsService = CloudGuide(steps: [
        Step(
            "Sign in to AWS, open VPC › Endpoint services in the region above, and choose Create"
                + " endpoint service."
        ),
        Step(
            "Fill in the form.",
            [
                ("Name", "Optional. A name for yourself."),
                ("Load balancer type", "Network."),
                (
                    "Available load balancers",
                    "One in front of your data source. If there is none, choose Create Network Load"
                        + " Balancer, with a target group for the data source, and then refresh."
                ),
                (
                    "Require acceptance for endpoint",
                    "As you like: if so, accept it in the last step."
                ),
                ("Supported IP address types", "IPv4, IPv6, or both, as the load balancer has."),
            ]
        ),
        Step(
            "In the service's Allow principals tab, add the ARN above.",
            note: "The target group's security group must admit the load balancer."
        ),
        Step(
            "Copy Service ID and Service name from the service's details, and register them below."
        ),
        Step(
            "Once the endpoint has been created, accept its request in the Endpoint connections tab."
                + " Its status here goes from pendingAcceptance to available."
        ),
    ])
}

// MARK: - Azure

extension CloudGuide {
    private static let azureEndpoint = CloudGuide(steps: [
        Step(
            "Sign in to the Azure portal with the subscription that was approved in step 1, and choose"
                + " Create a private endpoint. On the Basics tab:",
            [
                ("Subscription", "The one that was approved."),
                ("Resource group", "One for the endpoint. You can create one."),
                ("Name", "The endpoint's name."),
                ("Network Interface Name", "Follows from the name. You can change it."),
                ("Region", "The same as the service's, above."),
            ]
        ),
        Step(
            "On the Resource tab:",
            [
                ("Connection method", "Connect to an Azure resource by resource ID or alias."),
                ("Resource ID or alias", "The service alias above."),
                (
                    "Request message",
                    "Optional. Whoever approves the request reads it: nothing private."
                ),
            ]
        ),
        Step(
            "On the Virtual Network tab:",
            [
                ("Virtual network", "The network that your applications are in."),
                ("Subnet", "One of that network."),
                ("Network policy for private endpoints", "Keep the default, Disabled."),
                ("Private IP configuration", "Dynamically allocate IP address."),
                ("Application security group", "Optional."),
            ]
        ),
        Step(
            "On the DNS tab, keep the defaults.",
            note:
                "To use a name of your own, add a DNS record for the endpoint's private address, for"
                + " example in a private DNS zone."
        ),
        Step("On the Tags tab, keep the defaults. Tags help with consolidated billing."),
        Step(
            "Review the settings, and choose Create. The status goes from Created to OK.",
            note: "Azure charges you for the endpoint and for its traffic."
        ),
        Step("In the endpoint's details, find its private IP address and DNS name."),
    ])

    private static let azureService = CloudGuide(steps: [
        Step(
            "Sign in to the Azure portal, and choose Create private link service. On the Basics tab:",
            [
                ("Subscription", "Yours."), ("Resource group", "One for the service."),
                ("Name", "The service's name."), ("Region", "The same as the warehouse's, above."),
            ]
        ),
        Step(
            "On the Outbound settings tab:",
            [
                ("Load balancer", "A standard one in front of your data source."),
                ("Load balancer frontend IP address", "One of that load balancer."),
                ("Source NAT Virtual network", "The network that the data source is in."),
                ("Source NAT subnet", "A subnet of it, for the addresses that clients come from."),
                (
                    "Enable TCP proxy V2",
                    "No, unless your data source expects a PROXY v2 header."
                ),
                ("Private IP address settings", "Keep the defaults."),
            ]
        ),
        Step(
            "On the Access Security tab:",
            [
                ("Who can request access", "Restricted by subscription."),
                ("Subscription", "The subscription ID above, with Auto-approve: Yes."),
            ]
        ),
        Step("On the Tags tab, keep the defaults. Review the settings, and choose Create."),
        Step(
            "Once its status is OK, copy Resource ID and Alias from the service's details, and register"
                + " them below."
        ),
        Step("The endpoint's status here goes from pendingAcceptance to Approve."),
    ])
}

// MARK: - Google Cloud

extension CloudGuide {
    private static let googleEndpoint = CloudGuide(steps: [
        Step(
            "In the Google Cloud console, open Network services › Private Service Connect, and choose"
                + " Connect endpoint.",
            [
                ("Target", "Published service."),
                ("Target service", "The service name above (projects/…/serviceAttachments/…)."),
                ("Endpoint name", "The endpoint's name."),
                (
                    "Network, Subnetwork",
                    "Those that your applications are in, in the region above."
                ),
                ("IP address", "One of the subnetwork. You can create one."),
                (
                    "Enable global access",
                    "Only if applications in other regions are to connect."
                ),
            ]
        ),
        Step(
            "Choose Add endpoint, and copy its PSC connection ID. Its status goes from Pending to"
                + " Accepted.",
            note: "Google charges you for the endpoint and for its traffic."
        ),
    ])

    private static let googleService = CloudGuide(steps: [
        Step(
            "In the Google Cloud console, open Network services › Private Service Connect › Publish"
                + " service.",
            [
                ("Load balancer", "An internal one in front of your data source."),
                ("Service name", "The service's name."),
                ("Subnets", "A subnet for Private Service Connect."),
                ("Proxy protocol", "Off, unless your data source expects the header."),
                (
                    "Connection preference",
                    "Accept connections for selected projects: the project above."
                ),
            ]
        ),
        Step("Copy the service attachment's URI, and register it below."),
    ])
}

// MARK: - Alibaba Cloud

extension CloudGuide {
    private static let alibabaEndpoint = CloudGuide(steps: [
        Step(
            "In the VPC console, open Endpoints in the region above, and choose Create Endpoint.",
            [
                ("Endpoint name", "The endpoint's name."), ("Endpoint type", "Interface endpoint."),
                (
                    "Endpoint service",
                    "Other endpoint services: the service name above. Then Verify."
                ),
                ("VPC", "The network that your applications are in."),
                (
                    "Security groups",
                    "One that allows the warehouse's ports from your applications."
                ),
                ("Zone and vSwitch", "In the zones above."),
            ]
        ),
        Step(
            "Copy the endpoint's ID (ep-…). Its state goes from Disconnected to Connected.",
            note: "Alibaba Cloud charges you for the endpoint and for its traffic."
        ),
    ])

    private static let alibabaService = CloudGuide(steps: [
        Step(
            "In the VPC console, open Endpoint Services in the region above, and choose Create Endpoint"
                + " Service.",
            [
                ("Service resource type", "CLB, ALB or NLB: one in front of your data source."),
                ("Automatically accept endpoint connections", "As you like."),
                ("Zones", "Those of the load balancer."),
            ]
        ),
        Step("Add the account above to the service's whitelist."),
        Step("Copy the service's ID (epsrv-…) and name, and register them below."),
    ])
}
