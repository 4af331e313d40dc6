package import Text

/// The page to sign in.
package struct SignInPage: Sendable {
    private let ways: JSONValue
    private let returnPath: String
    private let isOpenedByHand: Bool
    private let isFromElsewhere: Bool

    /// - Parameters:
    ///   - ways: as `GET /v1/sign-in` answers.
    ///   - returnPath: where the person wanted to go: a path of the console.
    ///   - isOpenedByHand: whether no page has led here. Only then a key in the address is used at once.
    ///   - isFromElsewhere: whether a page of another site has, so that no cookie was sent.
    package init(
        ways: JSONValue,
        returnPath: String,
        isOpenedByHand: Bool = false,
        isFromElsewhere: Bool = false
    ) {
        self.isOpenedByHand = isOpenedByHand
        self.isFromElsewhere = isFromElsewhere
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
        let isOpenedByHand: Bool
        let isFromElsewhere: Bool
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
            isOpenedByHand: isOpenedByHand,
            isFromElsewhere: isFromElsewhere,
            provider: provider
        )
    }
}
