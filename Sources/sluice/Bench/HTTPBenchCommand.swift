import ArgumentParser
import LoadTesting

/// `sluice bench http`.
struct HTTPBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Send HTTP/1.1 requests over persistent connections, or each over a new one."
    )

    @OptionGroup var targets: BenchTargets

    @Option(help: "The path to request, unless it is in the URL. (default: /)")
    var path: String?

    @Option(
        help: "The method: GET, POST, PUT, DELETE, PATCH or OPTIONS.",
        completion: .list(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    )
    var method = "GET"

    @Option(
        help: ArgumentHelp("A header field to send. May be repeated.", valueName: "name: value")
    )
    var header: [String] = []

    @Option(
        help: ArgumentHelp("A file to send as the request's body.", valueName: "file"),
        completion: .file()
    )
    var body: String?

    @Flag(help: "Open a new connection for each request; its latency includes the connect.")
    var newConnections = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        try targets.check(for: "http", schemes: [.http])
        for target in targets.all {
            if path != nil, target.target.path != nil {
                throw ValidationError("Specify the path in the URL or with --path, not both.")
            }
            let problem = request(to: target.target, content: nil).problem
            if let problem { throw ValidationError("Invalid request: \(problem).") }
        }
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "http",
            operation: "request"
        )
        try BenchUsage.checked(Self.self) {
            let content = try body.map { try InputFile.content(of: $0, for: "--body") }
            try session.run { .http(request(to: $0.target, content: content)) }
        }
    }

    private func request(to target: LoadTarget, content: [UInt8]?) -> HTTPRequest {
        var request = HTTPRequest(
            path: path ?? target.path ?? "/",
            host: target.host,
            fields: header,
            keepsConnection: !newConnections
        )
        request.method = method
        request.content = content
        return request
    }
}
