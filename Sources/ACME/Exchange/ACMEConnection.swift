import Settings
import Text

/// Signed requests to one authority, and the nonces that they need (RFC 8555 §6).
actor ACMEConnection {
    /// Authorities may find a nonce bad at any time (RFC 8555 §6.5).
    private static let attempts = 6
    private static let nonceLimit = 8

    private let directoryURL: WebURL
    private let key: AccountKey
    private let transport: any ACMETransport
    private let clock: ACMEClock
    private var knownDirectory: DirectoryDocument?
    /// The latest last.
    private var nonces: [String] = []

    init(
        _ directoryURL: WebURL,
        key: AccountKey,
        transport: any ACMETransport,
        clock: ACMEClock
    ) {
        self.directoryURL = directoryURL
        self.key = key
        self.transport = transport
        self.clock = clock
    }

    /// Whether only URLs with TLS are used.
    nonisolated var isSecure: Bool { directoryURL.isSecure }

    /// Asked for once.
    func directory() async throws(ACMEError) -> DirectoryDocument {
        if let knownDirectory { return knownDirectory }
        let answer = try await transport.send(ACMERequest(method: .get, url: directoryURL))
        let body = try check(answer).json
        let directory = try DirectoryDocument(parsing: body, isSecure: isSecure)
        knownDirectory = directory
        return directory
    }

    /// - Parameters:
    ///   - payload: `nil` to read what is at `url` (RFC 8555 §6.3).
    ///   - accept: the type that is wanted.
    /// - Returns: a success.
    func post(
        _ payload: JSONValue?,
        to url: WebURL,
        by signer: SignedObject.Signer,
        accept: String = ACMEAnswer.jsonType
    ) async throws(ACMEError) -> ACMEAnswer {
        var attempt = 1
        while true {
            let nonce = try await nonce()
            let object = try SignedObject(payload, to: url, nonce: nonce, by: signer, key: key)
            let body = Array(object.json.text.utf8)
            let request = ACMERequest(method: .post, url: url, body: body, accept: accept)
            let answer = try await transport.send(request)
            keepNonce(of: answer)
            do throws(ACMEError) {
                return try check(answer)
            } catch .refused(let problem, _)
                where problem.type == "badNonce" && attempt < Self.attempts
            {
                attempt += 1
            }
        }
    }

    private func nonce() async throws(ACMEError) -> String {
        if let nonce = nonces.popLast() { return nonce }
        let url = try await directory().newNonce
        let answer = try check(await transport.send(ACMERequest(method: .head, url: url)))
        keepNonce(of: answer)
        guard let nonce = nonces.popLast() else { throw .invalid("it has sent no valid nonce") }
        return nonce
    }

    /// What is not in the base64url alphabet is ignored (RFC 8555 §6.5.1).
    private func keepNonce(of answer: ACMEAnswer) {
        guard let nonce = answer.fields["replay-nonce"], nonce.isChallengeToken else { return }
        nonces.append(nonce)
        if nonces.count > Self.nonceLimit { nonces.removeFirst() }
    }

    private func check(_ answer: ACMEAnswer) throws(ACMEError) -> ACMEAnswer {
        if answer.isSuccess { return answer }
        if (300..<400).contains(answer.status) { throw .redirected }
        let retryAt = answer.fields["retry-after"].flatMap {
            RetryAfter.time($0, at: clock.now())
        }
        // `try?`: a problem that is not JSON is reported by its status.
        guard answer.contentType == ACMEAnswer.problemType,
            let problem = (try? JSONValue(parsing: answer.body)).flatMap(ACMEProblem.init)
        else { throw .status(answer.status, retryAt: retryAt) }
        throw .refused(problem, retryAt: retryAt)
    }
}

extension ACMEAnswer {
    /// The body, which must be of this type.
    func body(of type: String) throws(ACMEError) -> [UInt8] {
        guard contentType == type else {
            throw .invalid("expected \(type), found \((contentType ?? "no type").quoted)")
        }
        return body
    }

    var json: [UInt8] {
        get throws(ACMEError) { try body(of: Self.jsonType) }
    }
}
