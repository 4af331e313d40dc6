import Settings
import Text

extension OrderRun {
    /// An authorization that the authority has not decided.
    private struct Open {
        let url: WebURL
        /// Where the answer is reported; `nil` if it has been, before a restart.
        let challenge: WebURL?
    }

    /// Proves all names at once: answers are published first, then reported, then verified. None is
    /// published afterwards.
    func authorize(_ urls: [WebURL]) async throws(ACMEError) {
        var published: [PublishedChallenge] = []
        do throws(ACMEError) {
            var open: [Open] = []
            for url in urls {
                if let next = try await prepare(url, &published) { open.append(next) }
            }
            for challenge in open.compactMap(\.challenge) {
                // An empty object (RFC 8555 §7.5.1).
                _ = try await account.post([:], to: challenge)
            }
            var polls = polls
            for authorization in open { try await follow(authorization, &polls) }
        } catch {
            await withdraw(published)
            throw error
        }
        await withdraw(published)
    }

    private func withdraw(_ published: [PublishedChallenge]) async {
        for challenge in published { await responder.withdraw(challenge) }
    }

    /// - Returns: `nil` if the name is proved already.
    private func prepare(_ url: WebURL, _ published: inout [PublishedChallenge])
        async throws(ACMEError) -> Open?
    {
        let document = try await authorization(at: url).document
        let (token, challenge): (String?, WebURL?)
        switch try document.step(by: wanted.challenge) {
        case .done: return nil
        case .answer(let url, let text): (token, challenge) = (text, url)
        case .wait(let text): (token, challenge) = (text, nil)
        }
        guard let token else { return Open(url: url, challenge: challenge) }
        let answer = try PublishedChallenge(
            wanted.challenge,
            for: document.name,
            token: token,
            key: account.key,
            now: clock.now()
        )
        published.append(answer)
        do {
            try await responder.publish(answer)
        } catch {
            throw .cannotPublish("\(error)")
        }
        return Open(url: url, challenge: challenge)
    }

    private func follow(_ authorization: Open, _ polls: inout PollSchedule)
        async throws(ACMEError)
    {
        while true {
            let (document, wish) = try await self.authorization(at: authorization.url)
            if case .done = try document.step(by: wanted.challenge) { return }
            try await pause(&polls, for: "verifying \(document.certificateName)", wish: wish)
        }
    }

    /// Only names that were ordered are proved, whatever the authority asks for.
    private func authorization(at url: WebURL) async throws(ACMEError) -> (
        document: AuthorizationDocument, wish: Duration?
    ) {
        let answer = try await account.post(nil, to: url)
        let document = try AuthorizationDocument(
            parsing: try answer.json,
            isSecure: account.connection.isSecure
        )
        guard wanted.names.contains(document.certificateName) else {
            throw .invalid("authorization: for another name than was ordered")
        }
        return (document, answer.wish(at: clock))
    }
}
