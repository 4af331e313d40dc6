import Credentials
import Settings
import Text
import Time

/// An order, from its beginning to the certificate (RFC 8555 §7.4): does what ``OrderDocument/step``
/// and ``AuthorizationDocument/step(by:)`` decide.
struct OrderRun: Sendable {
    let account: ACMEAccount
    let wanted: ACMESettings.Certificate
    let responder: any ChallengeResponder
    let clock: ACMEClock
    var polls = PollSchedule()

    /// An honest authority needs four.
    private static let changeLimit = 12

    init(
        account: ACMEAccount,
        wanted: ACMESettings.Certificate,
        responder: any ChallengeResponder,
        clock: ACMEClock
    ) {
        self.account = account
        self.wanted = wanted
        self.responder = responder
        self.clock = clock
    }

    /// Makes an order.
    func start() async throws(ACMEError) -> WebURL {
        let names = wanted.names.map { name -> JSONValue in
            ["type": "dns", "value": .string(name)]
        }
        let url = try await account.connection.directory().newOrder
        let answer = try await account.post(["identifiers": .array(names)], to: url)
        return try answer.location(of: "order", isSecure: account.connection.isSecure)
    }

    /// Whether an order of an earlier run can be continued.
    func canContinue(_ url: WebURL) async throws(ACMEError) -> Bool {
        do throws(ACMEError) {
            let order = try await order(at: url).document
            return order.status != .invalid
        } catch {
            switch error {
            // It has expired, or was the order of another account.
            case .refused(let problem, _) where problem.type != "rateLimited": return false
            case .status(let status, _) where status == 404 || status == 403: return false
            case .invalid: return false
            default: throw error
            }
        }
    }

    /// Does what the order at `url` needs until there is a certificate.
    ///
    /// - Returns: the chain as it was sent.
    func complete(_ url: WebURL, key: CertificateKey) async throws(ACMEError) -> String {
        var polls = polls
        var order = try await order(at: url)
        for _ in 0..<Self.changeLimit {
            let before = order.document.status
            switch try order.document.step {
            case .authorize(let authorizations): try await authorize(authorizations)
            case .finalize(let url): try await finalize(at: url, key)
            case .wait: break
            case .download(let url): return try await chain(at: url)
            case .abandon(let problem): throw .orderFailed(problem)
            }
            order = try await self.order(at: url)
            while order.document.status == before {
                try await pause(&polls, for: "the order", wish: order.wish)
                order = try await self.order(at: url)
            }
        }
        throw .invalid("order: its status changes again and again")
    }

    private func order(at url: WebURL) async throws(ACMEError) -> (
        document: OrderDocument, wish: Duration?
    ) {
        let answer = try await account.post(nil, to: url)
        let order = try OrderDocument(
            parsing: try answer.json,
            isSecure: account.connection.isSecure
        )
        guard order.names == Set(wanted.names) else {
            throw .invalid("order: for other names than were ordered")
        }
        return (order, answer.wish(at: clock))
    }

    private func finalize(at url: WebURL, _ key: CertificateKey) async throws(ACMEError) {
        let request = try key.signingRequest(for: wanted.names)
        _ = try await account.post(["csr": .string(request.base64URL)], to: url)
    }

    private func chain(at url: WebURL) async throws(ACMEError) -> String {
        let answer = try await account.post(nil, to: url, accept: ACMEAnswer.chainType)
        let bytes = try answer.body(of: ACMEAnswer.chainType)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unusable("it is not in PEM format")
        }
        return text
    }

    func pause(_ polls: inout PollSchedule, for what: String, wish: Duration?)
        async throws(ACMEError)
    {
        guard let pause = polls.pause(wish: wish) else { throw .timedOut(waitingFor: what) }
        do {
            try await clock.pause(pause)
        } catch {
            throw .cancelled
        }
    }
}

extension ACMEAnswer {
    /// How long the authority wants to be left alone.
    func wish(at clock: ACMEClock) -> Duration? {
        let now = clock.now()
        return fields["retry-after"].flatMap { RetryAfter.time($0, at: now) }
            .map { .seconds($0.seconds - now.seconds) }
    }
}
