package import Text

/// Why a running gateway could not be queried. Each case names the remedy.
package enum ManagementClientError: Error, CustomStringConvertible {
    case unreachable(address: String, reason: String)
    /// Something answers there, but no gateway that this program understands.
    case unexpectedAnswer(address: String)
    /// The gateway rejects the request, with its reason.
    case refused(ManagementRefusal)
    /// The gateway's certificate is not the one that was pinned; both are fingerprints.
    case otherCertificate(address: String, expected: String, found: String)
    /// Nobody who is trusted vouches for the gateway's certificate.
    ///
    /// - Parameter authorities: the file of those that the user trusts; `nil` for the system's.
    case untrustedCertificate(address: String, CertificateProblem, authorities: String?)
    /// It speaks plain HTTP.
    case hasNoTLS(address: String)
    /// It speaks HTTPS only.
    case needsTLS(address: String)
    /// The authorities that the user trusts cannot be read.
    case cannotTrust(file: String, reason: String)
    /// The answer could not be passed on, for instance to a full disk.
    case cannotWrite(reason: String)

    /// What the gateway said, if there is one.
    package var refusal: ManagementRefusal? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal
    }

    /// Whether nothing answers there.
    package var isUnreachable: Bool {
        guard case .unreachable = self else { return false }
        return true
    }

    package var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "cannot reach a gateway at \(address): \(reason)"
                + " (is it running? see \(Self.setting(for: address)))"
        case .unexpectedAnswer(let address):
            "\(address) is not the management address of a gateway"
                + " (see \(Self.setting(for: address)))"
        case .refused(let refusal): refusal.description
        case .otherCertificate(let address, let expected, let found):
            "\(address) has another certificate than the one that was pinned: expected \(expected),"
                + " found \(found) (it was replaced, or someone is intercepting the connection)"
        case .untrustedCertificate(let address, let problem, let authorities):
            "the certificate of \(address) \(problem.words(authorities: authorities))"
                + " (\(problem.remedy(for: address, hasAuthorities: authorities != nil)))"
        case .hasNoTLS(let address):
            "\(address) does not speak TLS"
                + " (use http://\(address.replacing("https://", with: "")) only if nobody can listen"
                + " on the way)"
        case .needsTLS(let address):
            "\(address) speaks HTTPS only"
                + " (use https://\(address.replacing("http://", with: "")))"
        case .cannotTrust(let file, let reason): "cannot use --ca \(file): \(reason)"
        case .cannotWrite(let reason): "cannot write the answer: \(reason)"
        }
    }

    /// The configuration key that sets a socket's path or an address.
    private static func setting(for address: String) -> String {
        address.contains("/") ? "management.socket" : "management.listen"
    }
}

/// Why nobody vouches for a certificate.
package enum CertificateProblem: Hashable, Sendable {
    /// It has other names than the one by which the gateway is reached.
    case isOfOtherName(host: String)
    /// The authority is unknown, or the time is not the certificate's: BoringSSL does not report
    /// which.
    case hasNoAuthority

    /// After "the certificate".
    package func words(authorities: String?) -> String {
        switch self {
        case .isOfOtherName(let host): "is not for \(host)"
        case .hasNoAuthority:
            "is not issued by an authority"
                + (authorities.map { " in \($0)" } ?? " that this system trusts")
                + ", or has expired"
        }
    }

    fileprivate func remedy(for address: String, hasAuthorities: Bool) -> String {
        let pin = "pin it with sluice context add NAME --management \(address)"
        return switch self {
        case .isOfOtherName: "use a name that the certificate has, or \(pin)"
        case .hasNoAuthority: hasAuthorities ? pin : "\(pin), or use --ca FILE"
        }
    }
}

/// A gateway's answer to a request that it does not grant.
package struct ManagementRefusal: Error, Hashable, Sendable {
    /// The HTTP status.
    package var status: Int
    /// A stable word for programs, such as `WarehouseNotFound`.
    package var code: String?
    /// A sentence for people.
    package var message: String
    package var data: JSONValue?
    /// Whether the request carried a key, or the token of a login.
    package var hadKey = true

    package init(status: Int, code: String?, message: String, data: JSONValue? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.data = data
    }

    /// The same request would be granted if it were confirmed.
    package var needsConfirmation: Bool { code == "ConfirmationRequired" }

    /// Why confirmation is required.
    package var reasons: [String] { data?["reasons"]?.array?.compactMap(\.string) ?? [] }
}

extension ManagementRefusal: CustomStringConvertible {
    /// The login that the request carried has ended.
    package var needsLogin: Bool { code == "Unauthorized.LoginRequired" }

    package var description: String {
        if needsLogin { return "the login has ended (sign in again: sluice login)" }
        if code == "SecondFactorRequired" {
            return "this gateway requires one-time codes: set them up first (sluice account"
                + " second-factor set)"
        }
        guard code == "Unauthorized.InvalidApiKey", !hadKey else { return message.asFragment }
        // For people at a command line.
        return
            "the gateway requires a login or a key (sluice login, or set SLUICE_API_KEY; a key is"
            + " created on the gateway's machine: sluice key create NAME --role read --config FILE)"
    }
}

extension String {
    /// Part of a line, after "sluice: ": a sentence without its capital and, if it is the only one,
    /// without its full stop.
    package var asFragment: String {
        var text = self
        if let first, first.isUppercase,
            dropFirst().first.map({ $0.isLowercase || $0 == " " }) == true
        {
            text = first.lowercased() + dropFirst()
        }
        return text.hasSuffix(".") && !text.contains(". ") ? String(text.dropLast()) : text
    }
}
