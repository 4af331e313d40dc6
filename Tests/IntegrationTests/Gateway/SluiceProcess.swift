import Glibc

/// The real gateway, run with a configuration file of the test.
final class SluiceProcess: Sendable {
    let management: Endpoint
    let folder: TemporaryFolder
    let configurationPath: String
    let process: ChildProcess

    /// Starts the gateway and waits until it says that it is ready; its backends need not be.
    ///
    /// - Parameters:
    ///   - management: its management address; a free one where `nil`.
    ///   - openFileLimit: of the gateway (`ulimit -n`).
    ///   - resolverConfiguration: a file that the gateway sees as `/etc/resolv.conf`. Takes root.
    ///   - disk: one that the gateway has mounted. Takes root.
    ///   - arguments: further ones of `serve`.
    ///   - isAwaited: whether to wait until it is ready.
    init(
        _ file: GatewayFile,
        management: Endpoint? = nil,
        openFileLimit: Int? = nil,
        resolverConfiguration: String? = nil,
        disk: SmallDisk? = nil,
        arguments: [String] = [],
        isAwaited: Bool = true
    ) throws {
        self.management = try management ?? .free()
        folder = try TemporaryFolder()
        configurationPath = try folder.write(
            file.text(management: self.management),
            to: "sluice.yaml"
        )
        let limit = openFileLimit.map { "ulimit -n \($0); " } ?? ""
        let mount = resolverConfiguration.map { "mount --bind '\($0)' /etc/resolv.conf && " } ?? ""
        let command =
            [
                "/bin/sh", "-c", mount + limit + #"exec "$0" serve --config "$@""#,
                try Programs.sluice(), configurationPath,
            ] + arguments
        let entry = (disk?.entry ?? []) + (mount.isEmpty ? [] : ["unshare", "--mount"])
        let whole = entry + command
        process = try ChildProcess(whole[0], Array(whole.dropFirst()), folder: folder)
        if isAwaited { try waitUntilReady() }
    }

    /// What the gateway says to its operator.
    var operatorLog: String { process.errorOutput }

    /// Whether the gateway tells its operator this text: it writes its log after what it logs, and
    /// nobody waits for that.
    func logs(_ text: String) -> Bool {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let isRunning = process.isRunning
            if operatorLog.contains(text) { return true }
            guard isRunning else { return false }
            pause(.milliseconds(10))
        }
        return false
    }

    func waitUntilReady() throws {
        try wait(for: "a ready gateway; it says \(process.output)\(operatorLog)") {
            guard process.isRunning else {
                throw HarnessError("the gateway ended: \(process.output)\(operatorLog)")
            }
            return operatorLog.contains("is ready") && (try? get("/healthz").status) == 200
        }
    }
}

extension SluiceProcess {
    /// Replaces the configuration file and sends SIGHUP; does not wait.
    func requestReload(to text: String) throws {
        try folder.write(text, to: "sluice.yaml")
        process.signal(SIGHUP)
    }

    /// Puts another configuration in force, and waits until it is.
    func reload(to file: GatewayFile) throws {
        let before = try generation()
        try requestReload(to: file.text(management: management))
        try wait(for: "generation \(before + 1); the gateway says \(operatorLog)") {
            try generation() > before
        }
    }

    /// Runs a command of the gateway's, beside it.
    func command(_ arguments: String...) throws -> CommandResult {
        try runProgram(
            Programs.sluice(),
            arguments + ["--management", management.description]
        )
    }

    /// Stops the gateway and returns its exit status.
    @discardableResult
    func terminate(within limit: Duration = patience) throws -> Int32 {
        process.signal(SIGTERM)
        return try process.waitUntilExit(within: limit)
    }
}
