import HTTPTypes

/// Signing in at a provider, in a browser.
extension APIDocument {
    static let singleSignOn: [Operation] = [
        Operation(
            .get,
            SingleSignOnRoutes.startPath,
            nil,
            .filtered,
            "startSingleSignOn",
            "Send a browser to the provider.",
            query: [
                Parameter("return", .example("/"), "Where it goes afterwards, on this gateway")
            ],
            answers: .browser(status: 302, errors: [400, 503]),
            errors: .singleSignOn
        ),
        Operation(
            .get,
            SingleSignOnRoutes.callbackPath,
            nil,
            .filtered,
            "endSingleSignOn",
            "Open a session for a browser that comes back from the provider.",
            query: [
                Parameter("code", .text, "For the tokens"),
                Parameter("state", .text, "The login that it belongs to"),
                Parameter("error", .text, "Why the provider refuses"),
                Parameter("iss", .text, "The provider's name for itself"),
            ],
            answers: .browser(status: 200, errors: [400, 403, 429, 503]),
            errors: .singleSignOn
        ),
    ]
}

extension [ErrorAnswer] {
    fileprivate static let singleSignOn =
        [ErrorAnswer(404, "SingleSignOnNotConfigured")] + noStore
}
