import Credentials
import Settings
import SwiftASN1
import Synchronization
import Text
import X509

@testable import ACME

/// An authority in memory that believes everything. It is for what a real one cannot be made to do
/// at the right moment; `Tests/ACME` has a strict one.
final class FakeAuthority: ACMETransport {
    struct State {
        /// What each order's names are, in order.
        var orders: [[String]] = []
        /// Chains by the order's number.
        var chains: [Int: String] = [:]
        var requests: [String] = []
        /// Thrown by every request.
        var failure: ACMEError?
        /// Whether authorizations stay pending.
        var isUndecided = false
    }

    private static let base = "https://ca.example"
    let state = Mutex(State())
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    var settings: ACMESettings {
        get throws {
            guard let url = WebURL("\(Self.base)/directory") else { throw ACMEError.redirected }
            return ACMESettings(directory: url, certificates: [])
        }
    }

    var requests: [String] { state.withLock { $0.requests } }

    func send(_ request: ACMERequest) async throws(ACMEError) -> ACMEAnswer {
        let path = request.url.path
        state.withLock { $0.requests.append(path) }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        let parts = path.split(separator: "/").map(String.init)
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        switch parts[0] {
        case "directory":
            return json([
                "newNonce": url("nonce"), "newAccount": url("account"),
                "newOrder": url("new-order"),
            ])
        case "nonce": return ACMEAnswer(status: 200, fields: ["replay-nonce": "n"])
        case "account": return json(["status": "valid"], location: "\(Self.base)/account/1")
        case "new-order": return order(payload(of: request))
        case "order": return json(document(number))
        case "authorization": return json(authorization(number))
        case "finalize": return try finalize(number, payload(of: request))
        case "certificate":
            let chain = state.withLock { $0.chains[number] ?? "" }
            return ACMEAnswer(
                status: 200,
                fields: ["content-type": ACMEAnswer.chainType],
                body: Array(chain.utf8)
            )
        default: return json([:])
        }
    }

    private func url(_ path: String) -> JSONValue { .string("\(Self.base)/\(path)") }

    private func json(_ value: JSONValue, location: String? = nil) -> ACMEAnswer {
        var fields = ["content-type": ACMEAnswer.jsonType, "replay-nonce": "n"]
        fields["location"] = location
        return ACMEAnswer(status: 200, fields: fields, body: Array(value.text.utf8))
    }

    private func payload(of request: ACMERequest) -> JSONValue {
        // `try?`: a request without one has no payload.
        let object = try? JSONValue(parsing: request.body)
        let bytes = (object?["payload"]?.string).flatMap { [UInt8](base64URL: $0) }
        return (try? JSONValue(parsing: bytes ?? [])) ?? .null
    }

    private func order(_ payload: JSONValue) -> ACMEAnswer {
        let names = (payload["identifiers"]?.array ?? []).compactMap { $0["value"]?.string }
        let number = state.withLock { state in
            state.orders.append(names)
            return state.orders.count
        }
        return json(document(number), location: "\(Self.base)/order/\(number)")
    }

    private func document(_ number: Int) -> JSONValue {
        state.withLock { state in
            let names = state.orders[number - 1]
            let status =
                state.chains[number] != nil ? "valid" : state.isUndecided ? "pending" : "ready"
            return [
                "status": .string(status), "finalize": url("finalize/\(number)"),
                "certificate": url("certificate/\(number)"),
                "authorizations": [url("authorization/\(number)")],
                "identifiers": .array(names.map { ["type": "dns", "value": .string($0)] }),
            ]
        }
    }

    private func authorization(_ number: Int) -> JSONValue {
        state.withLock { state in
            [
                "status": .string(state.isUndecided ? "pending" : "valid"),
                "identifier": ["type": "dns", "value": .string(state.orders[number - 1][0])],
                "challenges": [
                    [
                        "type": "http-01", "status": "pending", "token": "token-\(number)".json,
                        "url": url("challenge/\(number)"),
                    ]
                ],
            ]
        }
    }

    private func finalize(_ number: Int, _ payload: JSONValue) throws(ACMEError) -> ACMEAnswer {
        do {
            let der = [UInt8](base64URL: payload["csr"]?.string ?? "") ?? []
            let request = try CertificateSigningRequest(derEncoded: der)
            let names = state.withLock { $0.orders[number - 1] }
            let chain = try authority.chain(for: names, request.publicKey)
            state.withLock { $0.chains[number] = chain }
        } catch {
            throw .invalid("\(error)")
        }
        return json(document(number))
    }
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}
