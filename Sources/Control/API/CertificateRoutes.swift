import Addresses
import DomainNames
import Hummingbird
import Operations
import Store
import Time

/// The call for the certificates that clients are shown, which are no secret.
struct CertificateRoutes: Sendable {
    let api: APIRouter
    /// Those that the gateway obtains by ACME.
    let managed: @Sendable () -> [ManagedCertificate]

    func add() {
        api.on(.get, "/v1/certificates", .read, .filtered) { call in
            try call.allowParameters(["name"])
            let status = api.gateway.status().tls
            let (managed, now) = (managed(), UnixTime.systemTime)
            let name = try call.request.parameter("name").map(Self.checked)
            let list = name.map { CertificateList(status, managed: managed, for: $0, at: now) }
            return try call.answer(list ?? CertificateList(status, managed: managed, at: now))
        }
    }

    /// A name as a ClientHello may have it (RFC 6066 §3), which has no addresses.
    private static func checked(_ name: String) throws -> String {
        // `try?`: whether it is one counts.
        if (try? IPAddress(parsing: name)) != nil {
            throw RequestError.invalid(
                "name",
                "clients send no name for an address, and are shown the default certificate"
            )
        }
        do throws(DomainNameError) {
            return try DomainName(name).text
        } catch {
            throw RequestError.invalid("name", "expected a DNS name: \(error)")
        }
    }
}
