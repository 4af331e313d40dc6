/// The stock `curl`.
enum Curl {
    struct Answer {
        var status: Int
        var body: String
        var exitStatus: Int32
        var errorOutput: String
    }

    /// Asks for `path` over HTTP/1.1.
    static func get(
        _ path: String = "/",
        at endpoint: Endpoint,
        from source: String? = nil,
        _ arguments: [String] = []
    ) throws -> Answer {
        try fetch(
            "http://\(endpoint)\(path)",
            (source.map { ["--interface", $0] } ?? []) + arguments
        )
    }

    /// Asks `endpoint` for `path` by HTTPS, as the host `name`.
    static func getSecurely(
        _ path: String = "/",
        of name: String,
        at endpoint: Endpoint,
        trusting authority: CertificateAuthority,
        _ arguments: [String] = []
    ) throws -> Answer {
        try fetch(
            "https://\(name):\(endpoint.port)\(path)",
            [
                "--cacert", authority.certificate, "--resolve",
                "\(name):\(endpoint.port):\(endpoint.host)",
            ] + arguments
        )
    }

    private static func fetch(_ address: String, _ arguments: [String]) throws -> Answer {
        let result = try runProgram(
            "curl",
            [
                "--silent", "--show-error", "--noproxy", "*", "--max-time", "40",
                "--write-out", "\n%{http_code}", address,
            ] + arguments
        )
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            status: lines.last.flatMap { Int($0) } ?? 0,
            body: lines.dropLast().joined(separator: "\n"),
            exitStatus: result.status,
            errorOutput: result.errorOutput
        )
    }
}
