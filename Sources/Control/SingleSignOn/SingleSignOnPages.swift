import HTTPTypes
import Hummingbird
import NIOCore
import Text

/// What a browser is shown while somebody signs in at the provider.
enum SingleSignOnPages {
    /// Leads on to a page of the gateway.
    ///
    /// Not a redirect: the request for its target would still count as one that the provider's site has
    /// caused, and browsers would keep the session's cookie, which is `SameSite=Strict`, from it (RFC
    /// 6265bis §5.2). This page's own request is not.
    static func signedIn(returningTo path: ReturnPath) -> Response {
        let target = path.text.htmlEscaped
        return page(
            "Signed in",
            head: #"<meta http-equiv="refresh" content="0; url=\#(target)">"#,
            body: #"<p>You are signed in. <a href="\#(target)">Continue</a></p>"#,
            status: .ok
        )
    }

    static func failure(_ failure: SingleSignOnFailure) -> Response {
        var response = page(
            "Cannot sign in",
            body: """
                <p>\(failure.sentence.htmlEscaped)</p>
                <p><a href="\(SingleSignOnRoutes.startPath)">Start again</a></p>
                """,
            status: failure.status
        )
        if case .tooMany(let seconds) = failure { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }

    private static func page(
        _ title: String,
        head: String = "",
        body: String,
        status: HTTPResponse.Status
    ) -> Response {
        let text = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(title)</title>\(head)</head>
            <body><h1>\(title)</h1>
            \(body)
            </body>
            </html>

            """
        var response = Response.text(text, type: "text/html; charset=utf-8", status: status)
        for (name, value) in protection { response.headers[name] = value }
        return response
    }

    /// Nothing is loaded or run, no other page frames it, and its address, which has a code in it, is
    /// passed on to no other.
    private static let protection: [(HTTPField.Name, String)] = [
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
