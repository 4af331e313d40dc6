/// The stock `openssl s_client`.
enum OpenSSLClient {
    /// What a handshake has come to.
    struct Answer: Sendable {
        var status: Int32
        /// What the client reports, and the server's bytes.
        var text: String

        /// Whether a session was agreed on, `Cipher is (NONE)` otherwise.
        var isSecure: Bool { cipher != nil }
        var version: String? { parts.map { String($0.1) } }
        var cipher: String? { parts.flatMap { $0.2 == "(NONE)" ? nil : String($0.2) } }
        var isResumed: Bool { text.contains("\nReused, ") }
        /// The common name of the certificate that the server has shown.
        var subject: String? {
            text.firstMatch(of: /\nsubject=CN ?= ?(\S+)/).map { String($0.1) }
        }
        /// What OpenSSL calls the alert that ended the handshake.
        var alert: String? {
            text.firstMatch(of: /(?:ssl|tls)v?[0-9]* alert ([a-z ]+)/).map { String($0.1) }
        }

        private var parts: (Substring, Substring, Substring)? {
            let pattern = /\n(?:New|Reused), (\S+), Cipher is (\S+)/
            return text.firstMatch(of: pattern).map { ($0.0, $0.1, $0.2) }
        }
    }

    /// Connects, sends `request`, and reads until the server ends; without a request it leaves after
    /// the handshake.
    static func connect(
        to endpoint: Endpoint,
        name: String? = nil,
        _ arguments: [String] = [],
        request: String? = nil
    ) throws -> Answer {
        let folder = try TemporaryFolder()
        let file = try folder.write(request ?? "", to: "request")
        let name = name.map { ["-servername", $0] } ?? ["-noservername"]
        let result = try runProgram(
            "/bin/sh",
            [
                "-c", #"exec openssl s_client "$@" < "$0" 2>&1"#, file, "-connect", "\(endpoint)",
            ] + name + (request == nil ? [] : ["-ign_eof"]) + arguments
        )
        return Answer(status: result.status, text: "\n" + result.output)
    }

    /// A request after which the server closes the connection.
    static func request(_ host: String, path: String = "/") -> String {
        "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
    }
}
