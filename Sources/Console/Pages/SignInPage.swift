package import Text

/// The page to sign in.
package struct SignInPage: Sendable {
    private let ways: JSONValue
    private let returnPath: String

    /// - Parameters:
    ///   - ways: as `GET /v1/sign-in` answers.
    ///   - returnPath: where the person wanted to go: a path of the console.
    package init(ways: JSONValue, returnPath: String) {
        self.ways = ways
        self.returnPath = returnPath
    }

    private struct Values {
        struct Provider {
            let name: String
            let url: String
        }

        let assets: String
        let returnPath: String
        let hasAccounts: Bool
        let provider: Provider?
    }

    func values(assets: String) -> Any {
        let provider = ways["singleSignOn"].flatMap { way -> Values.Provider? in
            guard let name = way["name"]?.string, let url = way["url"]?.string else { return nil }
            return Values.Provider(
                name: name,
                url: "\(url)?return=\(returnPath.percentEncoded)"
            )
        }
        return Values(
            assets: assets,
            returnPath: returnPath,
            hasAccounts: ways["password"] == true,
            provider: provider
        )
    }
}
