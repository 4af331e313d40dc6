package import Traffic

/// Which servers a front end's redirects may lead to, in addition to the service's own backends.
package struct RedirectSettings: Hashable, Sendable {
    /// Where the front end's own list of its servers is read.
    package struct Learning: Hashable, Sendable {
        package enum Source: String, Hashable, Sendable, CaseIterable {
            /// `SHOW BACKENDS`, `SHOW COMPUTE NODES` and `SHOW FRONTENDS`, over the warehouse's MySQL
            /// service.
            case mysql
            /// `GET /api/backends`, from the service's own backends.
            case http
        }

        package var source: Source
        package var user: String
        package var passwordFile: String?
        package var interval: Duration = .seconds(10)

        package init(source: Source, user: String, passwordFile: String? = nil) {
            self.source = source
            self.user = user
            self.passwordFile = passwordFile
        }
    }

    /// Names and addresses with their ports.
    package var targets: [BackendAddress] = []
    /// `nil` if only the configured ones are allowed.
    package var learning: Learning?
    /// How a server is reached that a redirect leads to by HTTPS; `nil` if none is. Unless given, as the
    /// service's backends are.
    package var tls: BackendTLSSettings?

    package init() {}
}
