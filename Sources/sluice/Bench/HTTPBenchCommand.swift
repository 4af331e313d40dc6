import ArgumentParser
import LoadTesting

/// `sluice bench http`.
struct HTTPBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "HTTP/1.1 requests, over kept connections or with a new one for each."
    )

    @OptionGroup var targets: BenchTargets

    @Option(help: "What to ask for.")
    var path = "/"

    @Option(
        help: "GET, POST, PUT, DELETE, PATCH or OPTIONS.",
        completion: .list(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    )
    var method = "GET"

    @Option(
        help: ArgumentHelp("A field to send; may be given several times.", valueName: "name: value")
    )
    var header: [String] = []

    @Option(
        help: ArgumentHelp("A file whose content is sent.", valueName: "file"),
        completion: .file()
    )
    var body: String?

    @Flag(help: "Open a connection for each request; its latency then includes the connect.")
    var newConnections = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        let fault = request(host: "localhost", content: nil).fault
        if let fault { throw ValidationError("The request can't be sent: \(fault).") }
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
            try session.run { .http(request(host: "\($0.address)", content: content)) }
        }
    }

    private func request(host: String, content: [UInt8]?) -> HTTPRequest {
        var request = HTTPRequest(
            path: path,
            host: host,
            fields: header,
            keepsConnection: !newConnections
        )
        request.method = method
        request.content = content
        return request
    }
}
