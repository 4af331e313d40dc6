import Credentials
import Settings
import Text
import Time

/// A provider as the gateway uses it: its document and keys, fetched when they are needed and kept,
/// and the exchange of codes.
actor Provider {
    let settings: SingleSignOn
    private let transport: any ProviderTransport
    /// In seconds; only goes forward.
    private let clock: @Sendable () -> Double
    private var documents = ProviderCache<ProviderDocument>()
    private var keySets = ProviderCache<ProviderKeys>()
    /// One fetch at a time, whoever waits for it.
    private var documentFetch: Task<Result<ProviderDocument, ProviderError>, Never>?
    private var keyFetch: Task<Result<ProviderKeys, ProviderError>, Never>?

    init(
        _ settings: SingleSignOn,
        _ transport: any ProviderTransport,
        clock: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.transport = transport
        self.clock = clock
    }

    func document() async throws(ProviderError) -> ProviderDocument {
        switch documents.decide(at: clock()) {
        case .use(let document): return document
        case .wait(let reason): throw .failedBefore(reason)
        case .fetch: break
        }
        if let documentFetch { return try await documentFetch.value.get() }
        let fetch = Task { await fetchDocument() }
        documentFetch = fetch
        defer { documentFetch = nil }
        return try await fetch.value.get()
    }

    private func fetchDocument() async -> Result<ProviderDocument, ProviderError> {
        do throws(ProviderError) {
            let bytes = try await transport.get(ProviderDocument.address(of: settings.issuer))
            let document = try ProviderDocument(parsing: bytes, of: settings.issuer)
            documents.record(document, at: clock())
            return .success(document)
        } catch {
            let old = documents.recordFailure("\(error)", at: clock())
            return old.map { .success($0) } ?? .failure(error)
        }
    }

    /// The keys. If the provider may have changed them, they are fetched again.
    ///
    /// - Parameters:
    ///   - id: of a key that is looked for.
    ///   - old: keys that were no use.
    func keys(for id: String?, unlike old: ProviderKeys? = nil) async throws(ProviderError)
        -> ProviderKeys
    {
        switch keySets.decide(at: clock(), suffices: { $0 != old && $0.has(id: id) }) {
        case .use(let keys): return keys
        case .wait(let reason): throw .failedBefore(reason)
        case .fetch: break
        }
        if let keyFetch { return try await keyFetch.value.get() }
        let document = try await document()
        if let keyFetch { return try await keyFetch.value.get() }
        let fetch = Task { await fetchKeys(document) }
        keyFetch = fetch
        defer { keyFetch = nil }
        return try await fetch.value.get()
    }

    private func fetchKeys(_ document: ProviderDocument) async
        -> Result<ProviderKeys, ProviderError>
    {
        do throws(ProviderError) {
            let bytes = try await transport.get(document.keysURL.text)
            let keys = try ProviderKeys(parsing: bytes)
            keySets.record(keys, at: clock())
            return .success(keys)
        } catch {
            let old = keySets.recordFailure("\(error)", at: clock())
            return old.map { .success($0) } ?? .failure(error)
        }
    }
}

// MARK: - The code

/// What a code was exchanged for.
struct ProvidedTokens: Sendable {
    let idToken: String
    let accessToken: String?
}

extension Provider {
    /// Exchanges a code (OpenID Connect Core §3.1.3.1).
    ///
    /// - Parameter secret: the client's; `nil` for a public client.
    func exchange(
        code: String,
        verifier: String,
        redirectingTo callback: String,
        secret: String?
    ) async throws(ProviderError) -> ProvidedTokens {
        let document = try await document()
        var form = [
            (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
            (name: "redirect_uri", value: callback), (name: "code_verifier", value: verifier),
        ]
        var authorization: String?
        if let secret, document.takesBasicAuthentication {
            authorization = Self.basicAuthorization(settings.clientID, secret)
        } else {
            form.append((name: "client_id", value: settings.clientID))
            if let secret { form.append((name: "client_secret", value: secret)) }
        }
        let answer = try await transport.post(
            form,
            to: document.tokenEndpoint.text,
            authorization: authorization
        )
        return try Self.tokens(in: answer.body, status: answer.status)
    }

    /// Both parts encoded as a form first (RFC 6749 §2.3.1).
    private static func basicAuthorization(_ id: String, _ secret: String) -> String {
        let pair = "\(id.percentEncoded):\(secret.percentEncoded)"
        return "Basic " + Array(pair.utf8).paddedBase64
    }

    private static func tokens(in body: [UInt8], status: Int) throws(ProviderError)
        -> ProvidedTokens
    {
        // `try?`: what is not JSON is reported by its status.
        let json = try? JSONValue(parsing: body)
        guard status == 200 else {
            guard let word = json?["error"]?.string, word.isErrorWord else {
                throw .status(status)
            }
            throw .refused(word)
        }
        guard let json else { throw .invalid("its tokens are not JSON") }
        guard let idToken = json["id_token"]?.string else {
            throw .invalid("it sent no ID token (is the scope openid allowed for this client?)")
        }
        return ProvidedTokens(idToken: idToken, accessToken: json["access_token"]?.string)
    }
}

extension String {
    /// Whether it can be an error's code (RFC 6749 §4.1.2.1), and short enough to be shown.
    var isErrorWord: Bool {
        (1...64).contains(utf8.count) && allSatisfy { $0.isNameCharacter || $0 == "." }
    }
}
