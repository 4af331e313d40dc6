package import Policy
import Text

/// Terraform configuration for a warehouse, ready to paste: for the provider of the managed warehouse
/// pointed at this gateway, and for the clouds' own providers.
package struct TerraformExamples: Sendable {
    package struct Rule: Sendable {
        package var cidr: String
        package var description: String

        package init(cidr: String, description: String) {
            self.cidr = cidr
            self.description = description
        }
    }

    /// More rules than this are not written out.
    package static let ruleLimit = 200

    /// The gateway's management address: host and port.
    package var gateway: String
    package var warehouse: String
    /// `ALLOWLIST_ONLY`
    package var accessPolicy: String
    package var rules: [Rule]
    package var services: [EndpointService]

    package init(
        gateway: String,
        warehouse: String,
        accessPolicy: String,
        rules: [Rule],
        services: [EndpointService]
    ) {
        self.gateway = gateway
        self.warehouse = warehouse
        self.accessPolicy = accessPolicy
        self.rules = rules
        self.services = services
    }

    package var all: [ConnectionExample] {
        let fixed = [
            ("velodb", "Provider", provider),
            ("velodb_warehouse_connections", "Where the warehouse is reached", connections),
            ("velodb_warehouse_public_access_policy", "IP whitelist", policy),
        ]
        var counts: [Cloud: Int] = [:]
        let links = services.compactMap { service in
            counts[service.cloud, default: 0] += 1
            return link(service, number: counts[service.cloud] ?? 1)
        }
        return (fixed + links).map { ConnectionExample(client: $0, title: $1, text: $2) }
    }
}

extension TerraformExamples {
    private var provider: String {
        """
        terraform {
          required_providers {
            velodb = {
              source  = "velodb/velodb"
              version = "~> 1.1"
            }
          }
        }

        variable "gateway_api_key" {
          type      = string
          sensitive = true
        }

        # The provider uses HTTPS except for local addresses, as the gateway does; the machine that runs it
        # must trust the gateway's certificate.
        provider "velodb" {
          host    = \(gateway.hclQuoted)
          api_key = var.gateway_api_key
        }
        """
    }

    private var connections: String {
        """
        data "velodb_warehouse_connections" "warehouse" {
          warehouse_id = \(warehouse.hclQuoted)
        }
        """
    }

    /// Without the rules if they are too many: a configuration with some of them would remove the
    /// others.
    private var policy: String {
        let body =
            rules.isEmpty
            ? ""
            : rules.count > Self.ruleLimit
                ? "\n\n  # Add all \(rules.count) rules here: Terraform removes those that are missing."
                    + "\n  rules = []" : "\n\n  rules = [\n" + rules.map(rule).joined() + "  ]"
        return """
            resource "velodb_warehouse_public_access_policy" "warehouse" {
              warehouse_id = \(warehouse.hclQuoted)
              policy       = \(accessPolicy.hclQuoted)\(body)
            }
            """
    }

    private func rule(_ rule: Rule) -> String {
        let description =
            rule.description.isEmpty ? "" : ", description = \(rule.description.hclQuoted)"
        return "    { cidr = \(rule.cidr.hclQuoted)\(description) },\n"
    }
}

// MARK: - Private links

extension TerraformExamples {
    private typealias Snippet = (client: String, title: String, text: String)

    /// `nil` for a cloud without such a resource.
    ///
    /// - Parameter number: of the service among those of its cloud. The first one's snippet has the
    ///   variables.
    private func link(_ service: EndpointService, number: Int) -> Snippet? {
        let suffix = number == 1 ? "" : "_\(number)"
        let label = "\(service.cloud.rawValue)\(suffix)"
        let (client, title, variables, resources): (String, String, [String], String)
        switch service.cloud {
        case .aws:
            (client, title) = ("aws_vpc_endpoint", "AWS PrivateLink")
            variables = [
                "variable \"vpc_id\" { type = string }",
                "variable \"subnet_ids\" { type = list(string) }",
                "variable \"security_group_ids\" { type = list(string) }",
            ]
            resources = aws(service, label)
        case .azure:
            (client, title) = ("azurerm_private_endpoint", "Azure Private Link")
            variables = [
                "variable \"resource_group_name\" { type = string }",
                "variable \"subnet_id\" { type = string }",
            ]
            resources = azure(service, label, suffix)
        case .gcp:
            (client, title) = ("google_compute_forwarding_rule", "Private Service Connect")
            variables = [
                "variable \"network\" { type = string }",
                "variable \"subnetwork\" { type = string }",
            ]
            resources = google(service, label, suffix)
        case .alibaba, .embedded: return nil
        }
        let head = number == 1 ? variables.joined(separator: "\n") + "\n\n" : ""
        return (client, title, head + resources)
    }

    private func aws(_ service: EndpointService, _ label: String) -> String {
        let name =
            service.name.hasPrefix("com.amazonaws.")
            ? service.name : "com.amazonaws.vpce.\(service.region).\(service.id)"
        return """
            resource "aws_vpc_endpoint" "\(label)" {
              region             = \(service.region.hclQuoted)
              service_name       = \(name.hclQuoted)
              vpc_endpoint_type  = "Interface"
              vpc_id             = var.vpc_id
              subnet_ids         = var.subnet_ids
              security_group_ids = var.security_group_ids
            }

            \(registration(label, id: "aws_vpc_endpoint.\(label).id"))
            """
    }

    private func azure(_ service: EndpointService, _ label: String, _ suffix: String) -> String {
        let isResource = service.id.hasPrefix("/")
        let target =
            isResource && service.alias.isEmpty
            ? "private_connection_resource_id    = \(service.id.hclQuoted)"
            : "private_connection_resource_alias = "
                + (service.alias.isEmpty ? service.id : service.alias).hclQuoted
        return """
            resource "azurerm_private_endpoint" "\(label)" {
              name                = \("\(warehouse)-endpoint\(suffix)".hclQuoted)
              location            = \(service.region.hclQuoted)
              resource_group_name = var.resource_group_name
              subnet_id           = var.subnet_id

              private_service_connection {
                name                              = \(warehouse.hclQuoted)
                is_manual_connection              = true
                request_message                   = \("Connect to \(warehouse)".hclQuoted)
                \(target)
              }
            }

            # The endpoint's id is its LINKID, which the gateway shows once it has connected:
            # sluice endpoint
            variable "link_id\(suffix)" { type = string }

            \(registration(label, id: "var.link_id\(suffix)"))
            """
    }

    private func google(_ service: EndpointService, _ label: String, _ suffix: String) -> String {
        let name =
            (warehouse.lowercased().replacingUnderscores + "-endpoint" + suffix.replacingUnderscores)
            .hclQuoted
        return """
            resource "google_compute_address" "\(label)" {
              name         = \(name)
              region       = \(service.region.hclQuoted)
              subnetwork   = var.subnetwork
              address_type = "INTERNAL"
            }

            resource "google_compute_forwarding_rule" "\(label)" {
              name                  = \(name)
              region                = \(service.region.hclQuoted)
              network               = var.network
              ip_address            = google_compute_address.\(label).id
              target                = \(service.id.hclQuoted)
              load_balancing_scheme = ""
            }

            \(registration(label, id: "google_compute_forwarding_rule.\(label).psc_connection_id"))
            """
    }

    private func registration(_ label: String, id: String) -> String {
        """
        resource "velodb_warehouse_private_endpoint" "\(label)" {
          warehouse_id = \(warehouse.hclQuoted)
          endpoint_id  = \(id)
        }
        """
    }
}

extension String {
    fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? "-" : $0 }) }

    /// As a quoted template of HCL without anything to evaluate (HCL native syntax specification,
    /// "Template Expressions"): `${` and `%{` would start an expression.
    var hclQuoted: String {
        var text = "\""
        let scalars = Array(unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let startsTemplate =
                (scalar == "$" || scalar == "%") && scalars.dropFirst(index + 1).first == "{"
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where startsTemplate || !scalar.isHarmless:
                let digits = String(scalar.value, radix: 16)
                let count = scalar.value > 0xffff ? 8 : 4
                text += count == 8 ? "\\U" : "\\u"
                text += String(repeating: "0", count: count - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
