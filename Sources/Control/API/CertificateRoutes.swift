import Hummingbird
import Operations
import Store
import Time

/// The call for the certificates that clients are shown, which are no secret.
struct CertificateRoutes: Sendable {
    let api: APIRouter

    func add() {
        api.on(.get, "/v1/certificates", .read, .filtered) { call in
            try call.allowParameters(["name"])
            let status = api.gateway.status().tls
            let name = try call.request.parameter("name")
            let list = name.map { CertificateList(status, for: $0, at: .systemTime) }
            return try call.answer(list ?? CertificateList(status, at: .systemTime))
        }
    }
}
