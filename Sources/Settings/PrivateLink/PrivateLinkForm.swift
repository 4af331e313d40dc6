package import Policy
package import Text

/// The format of the names that a cloud gives its private links.
///
/// The gateway compares them byte by byte with those in PROXY headers, so a name in another format
/// would never match.
package struct PrivateLinkForm {
    /// Stands for any principal.
    package static let anyPrincipal = "*"

    /// What is expected, after the word "expected".
    package let expectation: String
    private let isMet: (String) -> Bool

    package func check(_ text: String) throws(ScalarError) {
        guard !isMet(text) else { return }
        let remedy = text.hasPrefix("vpce-svc-") ? "this is an endpoint service id" : nil
        throw ScalarError("expected \(expectation), found \(text.quoted)", remedy: remedy)
    }
}

extension PrivateLinkForm {
    /// The clouds whose endpoints may have this id.
    package static func clouds(using id: String) -> [Cloud] {
        Cloud.allCases.filter { $0 != .embedded && endpointID(of: $0).isMet(id) }
    }

    package static func endpointID(of cloud: Cloud) -> PrivateLinkForm {
        switch cloud {
        case .aws:
            PrivateLinkForm(expectation: "vpce- and 17 hexadecimal digits") { text in
                text.rest(after: "vpce-")?.isAWSNumber ?? false
            }
        case .azure:
            // UInt32 in the header's TLV 0xEE; no other way to write it, such as 007, would match.
            PrivateLinkForm(expectation: "a LINKID, 0 to 4294967295") { text in
                UInt32(text).map(String.init) == text
            }
        case .gcp:
            // UInt64 in TLV 0xE0.
            PrivateLinkForm(expectation: "a PSC connection id, a decimal number") { text in
                UInt64(text).map(String.init) == text
            }
        case .alibaba:
            PrivateLinkForm(expectation: "an endpoint id, ep-…") { text in
                text.rest(after: "ep-")?.isName ?? false
            }
        case .embedded:
            PrivateLinkForm(expectation: EmbeddedEndpointID.expectation) { text in
                EmbeddedEndpointID.isLabel(text)
            }
        }
    }

    package static func endpointServiceID(of cloud: Cloud) -> PrivateLinkForm {
        switch cloud {
        case .aws:
            PrivateLinkForm(expectation: "vpce-svc- and 17 hexadecimal digits") { text in
                text.rest(after: "vpce-svc-")?.isAWSNumber ?? false
            }
        case .azure:
            PrivateLinkForm(expectation: "a private link service's resource id or alias") { text in
                text.isAzureResourceID || text.isAzureAlias
            }
        case .gcp:
            PrivateLinkForm(expectation: "projects/…/regions/…/serviceAttachments/…") { text in
                text.matches(path: ["projects", nil, "regions", nil, "serviceAttachments", nil])
            }
        case .alibaba:
            PrivateLinkForm(expectation: "an endpoint service id, epsrv-…") { text in
                text.rest(after: "epsrv-")?.isName ?? false
            }
        case .embedded:
            PrivateLinkForm(expectation: "a name of letters, digits, - and _") { text in
                text[...].isName
            }
        }
    }

    /// One principal, or any.
    package static func principal(of cloud: Cloud) -> PrivateLinkForm {
        let one = identity(of: cloud)
        return PrivateLinkForm(expectation: "\(one.expectation), or \(anyPrincipal)") { text in
            text == anyPrincipal || one.isMet(text)
        }
    }

    /// One principal.
    package static func identity(of cloud: Cloud) -> PrivateLinkForm {
        switch cloud {
        case .aws:
            PrivateLinkForm(expectation: "arn:aws:iam::<12 digits>:root, :role/… or :user/…") {
                $0.isPrincipalARN
            }
        case .azure:
            PrivateLinkForm(expectation: "a subscription id (a GUID)") { $0[...].isGUID }
        case .gcp, .alibaba, .embedded:
            PrivateLinkForm(expectation: "a project or an account") { $0[...].isName }
        }
    }
}
