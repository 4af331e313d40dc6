import Text

/// A cloud as its users know it: its words, and where its own console has things.
struct Cloud: Sendable {
    /// As the API names it.
    let word: String

    var name: String {
        switch word {
        case "aws": "AWS"
        case "azure": "Azure"
        case "gcp": "Google Cloud"
        case "alibaba": "Alibaba Cloud"
        case "embedded": "Without a cloud"
        default: word
        }
    }

    /// Who may ask for an endpoint.
    var principalsTitle: String {
        switch word {
        case "azure": "Approved subscriptions"
        case "gcp": "Allowed projects"
        case "alibaba": "Allowed cloud accounts"
        default: "Allowed principals"
        }
    }

    /// Where the cloud's console shows an endpoint, its DNS name among the rest; `nil` if it has no
    /// address that can be computed.
    func consoleLink(endpoint: String, region: String?) -> String? {
        switch word {
        case "aws":
            guard let region, !region.isEmpty else { return nil }
            let place = region.percentEncoded
            return "https://\(place).console.aws.amazon.com/vpcconsole/home?region=\(place)"
                + "#EndpointDetails:vpcEndpointId=\(endpoint.percentEncoded)"
        case "azure":
            return "https://portal.azure.com/#browse/Microsoft.Network%2FprivateEndpoints"
        case "gcp":
            return "https://console.cloud.google.com/net-services/psc/list/consumers"
        case "alibaba":
            guard let region, !region.isEmpty else { return nil }
            return "https://vpc.console.aliyun.com/endpoint/\(region.percentEncoded)/endpoints/"
                + endpoint.percentEncoded
        default: return nil
        }
    }

    /// Where one makes an endpoint.
    func createEndpointLink(region: String?) -> String? {
        switch word {
        case "aws":
            guard let region, !region.isEmpty else { return nil }
            let place = region.percentEncoded
            return "https://\(place).console.aws.amazon.com/vpcconsole/home?region=\(place)"
                + "#CreateVpcEndpoint:"
        case "azure": return "https://portal.azure.com/#create/Microsoft.PrivateEndpoint"
        case "gcp": return "https://console.cloud.google.com/net-services/psc/addConsumer"
        case "alibaba":
            return
                "https://vpc.console.aliyun.com/endpoint/\((region ?? "").percentEncoded)/endpoints"
        default: return nil
        }
    }
}
