import ArgumentParser
import LoadTesting

/// `sluice bench tcp`.
struct TCPBenchCommand: ParsableCommand {
    enum Mode: String, CaseIterable, ExpressibleByArgument {
        case echo, upload, download
    }

    static let configuration = CommandConfiguration(
        commandName: "tcp",
        abstract: "Transfer raw bytes: echo, upload or download.",
        discussion: """
            echo repeatedly sends --size bytes and compares what comes back. upload sends --size bytes, \
            closes its direction and waits for the target to close the other. download reads --size \
            bytes, or everything until the end of the stream, after sending --send if given. Each \
            upload and download uses a new connection.
            """
    )

    @OptionGroup var targets: BenchTargets

    @Option(help: "The operation: echo, upload or download.")
    var mode = Mode.echo

    @Option(
        help: ArgumentHelp("Bytes per operation, e.g. 64KiB or 256MB.", valueName: "size")
    )
    var size: ByteCountArgument?

    @Option(help: #"What a download sends first; \r and \n are line breaks."#)
    var send = ""

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if mode != .download, !send.isEmpty {
            throw ValidationError("--send requires --mode download.")
        }
        try targets.check(for: "tcp", schemes: [.tcp])
        if let problem = exchange.problem { throw ValidationError("--size: \(problem).") }
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "tcp",
            operation: mode.rawValue
        )
        try BenchUsage.checked(Self.self) { try session.run { _ in .stream(exchange) } }
    }

    private var exchange: StreamExchange {
        switch mode {
        case .echo:
            .echo(byteCount: size?.byteCount ?? 64)
        case .upload:
            .upload(byteCount: size?.byteCount ?? 1 << 20)
        case .download:
            .download(byteCount: size?.byteCount, request: Self.bytes(send))
        }
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let breaks = text.replacing(#"\r"#, with: "\r").replacing(#"\n"#, with: "\n")
        return Array(breaks.utf8)
    }
}

/// `512`, `64KiB`, `256MB` on the command line.
struct ByteCountArgument: ExpressibleByArgument {
    let byteCount: Int

    private static let units = [
        "": 1, "B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
        "TB": 1_000_000_000_000, "PB": 1_000_000_000_000_000,
        "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
    ]

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let unit = Self.units[String(argument[digits.endIndex...])]
        else { return nil }
        let (byteCount, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.byteCount = byteCount
    }
}
