extension ACMEError {
    /// What the operator can do, if anything is known to help and the description does not say it.
    var remedy: String? {
        switch self {
        case .unreachable(let reason) where reason.contains("certificate"):
            "set tls.acme.authorities to the file of the authority behind the directory's own certificate"
        case .unreachable: "check tls.acme.directoryURL, and that this machine can reach it"
        case .refused(let problem, _): problem.remedy
        case .orderFailed(let problem): problem?.remedy
        case .notAuthorized(let name, _, let problem): problem?.remedy(for: name)
        case .cannotPublish: "dns-01 needs domain and dns, and a name under that domain"
        case .file: "the folder must be writable for the gateway's user, and the disk not full"
        case .status, .tooLarge, .redirected, .invalid, .needsExternalAccount, .noChallenge,
            .timedOut, .cancelled, .unusable, .externalKey:
            nil
        }
    }
}

extension ACMEProblem {
    /// By the types of RFC 8555 §6.7.
    fileprivate var remedy: String? {
        switch type {
        case "rateLimited": "wait: the next attempt is late enough"
        case "caa": Self.allowAuthority
        case "externalAccountRequired": "set tls.acme.externalAccount"
        case "rejectedIdentifier": "the authority issues no certificates for such names"
        case "userActionRequired": "the account's owner must agree to something at the authority"
        default: nil
        }
    }

    fileprivate func remedy(for name: String) -> String? {
        switch type {
        case "connection", "tls", "unauthorized", "incorrectResponse":
            "check that \(name) is in the DNS, and that port 80 (http-01) or 443 (tls-alpn-01) of it"
                + " leads to this gateway"
        case "dns": "check that the DNS has \(name); for dns-01, that its zone is delegated here"
        default: remedy
        }
    }

    private static let allowAuthority = "allow the authority in the domain's CAA records (dns.caa)"
}
