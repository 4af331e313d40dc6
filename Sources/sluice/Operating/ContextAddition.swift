import ArgumentParser
import Control
import FoundationEssentials
import Sockets
import Text

extension ContextCommand {
    /// A context is used from any folder.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a context; the first one becomes the current one.",
            discussion: """
                Connects to the gateway to look at its certificate, unless --fingerprint or --ca says \
                how to recognize it.
                """
        )

        @Argument(help: "Its name.")
        var name: String

        @Option(
            help: "The gateway's management address.",
            transform: GatewayOptions.address
        )
        var management: ManagementAddress?

        @Option(
            help: ArgumentHelp("The gateway's local socket.", valueName: "path"),
            completion: .file(extensions: ["sock"])
        )
        var socket: String?

        @OptionGroup var source: KeySource
        @OptionGroup var pin: PinOptions

        @Option(
            help: ArgumentHelp(
                "Authorities that may have issued the gateway's certificate, in PEM format.",
                valueName: "file"
            ),
            completion: .file()
        )
        var ca: String?

        func validate() throws {
            guard !name.isEmpty, name.unicodeScalars.allSatisfy(\.isOfContextName) else {
                throw ValidationError(
                    "invalid name \(name.quoted) (expected one without spaces and control characters)"
                )
            }
            if (management == nil) == (socket == nil) {
                throw ValidationError("expected either --management HOST:PORT or --socket PATH")
            }
            if socket != nil, source.isGiven {
                throw ValidationError("a local socket needs no key")
            }
            if pin.fingerprint != nil, ca != nil {
                throw ValidationError("--fingerprint and --ca cannot be combined")
            }
            if pin.fingerprint != nil || ca != nil, management?.usesTLS != true {
                throw ValidationError(
                    "only a gateway with TLS has a certificate (write --management https://HOST:PORT)"
                )
            }
        }

        func run() async throws {
            try await ContextCommand.edit { contexts in
                try contexts.checkIsFree(name)
                var context = GatewayContext(
                    name: name,
                    management: management?.text,
                    socket: socket.map(ContextCommand.absolute),
                    ca: ca.map(ContextCommand.absolute)
                )
                try source.set(in: &context)
                context.fingerprint = try await fingerprint()?.description
                try contexts.add(context)
                let current = contexts.current == name ? "; it is the current one" : ""
                return "added context \(context.words)\(current)"
            }
        }

        /// Of the certificate to pin; `nil` if none is to be.
        private func fingerprint() async throws -> CertificateFingerprint? {
            guard let management, management.usesTLS, ca == nil else { return nil }
            // The key has been read from there.
            return try await pin.agreed(for: management, mayAsk: !source.usesInput)
        }

    }

    struct SetKey: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-key",
            abstract: "Replace a context's key; everything else stays as it is."
        )

        @Argument(help: "The context's name.", completion: .contexts)
        var name: String

        @OptionGroup var source: KeySource

        func validate() throws {
            if !source.isGiven {
                throw ValidationError("expected --key KEY, --key - or --key-file FILE")
            }
        }

        func run() throws {
            try ContextCommand.edit { contexts throws(CommandFailure) in
                var context = try contexts.context(name)
                guard context.socket == nil else {
                    throw CommandFailure(
                        "context \(name) uses a local socket, which needs no key",
                        code: GatewayExit.usage
                    )
                }
                guard context.login == nil else {
                    throw CommandFailure(
                        "context \(name) has a login (end it first: sluice logout --context"
                            + " \(name.shellQuoted))",
                        code: GatewayExit.usage
                    )
                }
                try source.set(in: &context)
                contexts.replace(context)
                return "replaced the key of context \(name)"
            }
        }
    }

    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pin the certificate that a context's gateway has now.",
            discussion: """
                For a gateway whose certificate was replaced. Compare the fingerprint with the one that \
                the gateway logs at its start, and that sluice status shows on its own machine.
                """
        )

        @Argument(help: "The context's name.", completion: .contexts)
        var name: String

        @OptionGroup var pin: PinOptions

        func run() async throws {
            try await ContextCommand.edit { contexts in
                var context = try contexts.context(name)
                guard context.socket == nil, try context.address().usesTLS else {
                    throw CommandFailure("context \(name) does not use TLS")
                }
                let before = context
                let agreed = try await pin.agreed(
                    for: try context.address(),
                    // What is not a fingerprint is replaced.
                    pinned: context.fingerprint.flatMap(CertificateFingerprint.init(parsing:)),
                    mayAsk: true
                )
                (context.fingerprint, context.ca) = (agreed?.description, nil)
                contexts.replace(context)
                return Self.text(of: before, context)
            }
        }

        static func text(of before: GatewayContext, _ after: GatewayContext) -> String {
            guard before.fingerprint != after.fingerprint || before.ca != nil else {
                return after.fingerprint.map { "already pinned: \($0)" }
                    ?? "the system trusts the certificate, so that it need not be pinned"
            }
            let was =
                before.fingerprint.map { "was pinned: \($0)\n" }
                ?? before.ca.map {
                    "was trusted: the authorities in \($0)\n"
                }
            let now =
                after.fingerprint.map { "pinned: \($0)" }
                ?? "no longer pinned: the system trusts the certificate"
            return (was ?? "") + now
        }
    }
}

/// Where a context's key comes from.
struct KeySource: ParsableArguments {
    @Option(help: "The key; - reads it from standard input.")
    var key: String?

    @Option(
        help: "A file that holds the key, which only you can read.",
        completion: .file()
    )
    var keyFile: String?

    var isGiven: Bool { key != nil || keyFile != nil }
    /// Whether standard input is for the key.
    var usesInput: Bool { key == "-" }

    func validate() throws {
        if key != nil, keyFile != nil {
            throw ValidationError("--key and --key-file cannot be combined")
        }
    }

    func set(in context: inout GatewayContext) throws(CommandFailure) {
        context.key = usesInput ? try Self.keyFromInput() : key
        context.keyFile = keyFile.map(ContextCommand.absolute)
        // A slip shows now, and not when the context is used.
        _ = try context.readKey()
    }

    private static func keyFromInput() throws(CommandFailure) -> String {
        let text = try InputText("-").read(limit: 4_096)
        guard let key = text.split(whereSeparator: \.isWhitespace).first else {
            throw CommandFailure("no key on standard input", code: GatewayExit.usage)
        }
        return String(key)
    }
}

/// How a person agrees to a certificate.
struct PinOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The fingerprint of the gateway's certificate, as its log shows it.",
            valueName: "SHA256:…"
        ),
        transform: Self.fingerprint
    )
    var fingerprint: CertificateFingerprint?

    private static func fingerprint(_ text: String) throws -> CertificateFingerprint {
        guard let fingerprint = CertificateFingerprint(parsing: text) else {
            throw ValidationError(
                "invalid fingerprint \(text.quoted) (expected SHA256: and 64 hexadecimal digits)"
            )
        }
        return fingerprint
    }

    /// The option's value or, after a look at the gateway's certificate, what a person agrees to.
    ///
    /// - Parameters:
    ///   - pinned: the one that was agreed to before.
    ///   - mayAsk: whether standard input is for answers.
    /// - Returns: `nil` if the system trusts the certificate.
    func agreed(
        for address: ManagementAddress,
        pinned: CertificateFingerprint? = nil,
        mayAsk: Bool
    ) async throws -> CertificateFingerprint? {
        if let fingerprint { return fingerprint }
        guard let untrusted = try await ManagementClient.certificateToPin(at: address) else {
            return nil
        }
        let found = untrusted.fingerprint
        if found == pinned { return found }
        var lines = [
            "the certificate of \(address.text) \(untrusted.problem.words(authorities: nil)):",
            "  \(found)",
        ]
        if let pinned { lines += ["Another one is pinned now:", "  \(pinned)"] }
        lines.append(
            "The gateway logs its fingerprint at each start; sluice status on its machine shows it."
        )
        for line in lines { StandardError.print(line) }
        guard mayAsk, File.standardInput.isTerminal, File.standardError.isTerminal else {
            throw CommandFailure(
                "nothing was changed (compare the fingerprints and repeat with --fingerprint \(found))",
                code: GatewayExit.confirmation
            )
        }
        StandardError.write(raw: "Pin this certificate? [y/N] ")
        guard Confirmation.isYes(readLine()) else {
            throw CommandFailure("nothing was changed", code: GatewayExit.confirmation)
        }
        return found
    }
}

extension Unicode.Scalar {
    /// Names are words of a command line, and cells of tables.
    fileprivate var isOfContextName: Bool { isHarmless && !properties.isWhitespace }
}
