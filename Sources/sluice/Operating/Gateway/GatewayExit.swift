import ArgumentParser
import Control

/// The exit codes of commands that use a gateway (docs/cli.md). Those above 63 are from
/// sysexits.h.
enum GatewayExit {
    /// The change needs to be confirmed.
    static let confirmation = ExitCode(5)
    /// EX_USAGE.
    static let usage = ExitCode(64)
    /// EX_DATAERR: an input file is invalid.
    static let data = ExitCode(65)
    /// EX_UNAVAILABLE: no gateway answers.
    static let unreachable = ExitCode(69)
    /// EX_NOPERM: the key is missing or does not permit this.
    static let denied = ExitCode(77)

    /// EX_CONFIG.
    static let configuration = ExitCode(78)

    /// - Parameter refusal: of commands whose 1 is a verdict, another one.
    static func code(_ error: ManagementClientError, refusal: ExitCode = .failure) -> ExitCode {
        switch error {
        case .unreachable, .unexpectedAnswer, .otherCertificate, .untrustedCertificate, .hasNoTLS,
            .needsTLS:
            unreachable
        case .cannotTrust: usage
        case .cannotWrite: refusal
        case .refused(let reason) where [401, 403].contains(reason.status): denied
        case .refused(let reason): reason.needsConfirmation ? confirmation : refusal
        }
    }
}

/// A failure that a command has found itself: printed as it is, with an exit code.
struct CommandFailure: Error {
    let message: String
    var code = ExitCode.failure

    init(_ message: String, code: ExitCode = .failure) {
        self.message = message
        self.code = code
    }
}

extension CommandFailure {
    /// The result of `work`.
    ///
    /// - Throws: the exit code, after printing the reason to standard error.
    static func reported<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let failure as CommandFailure {
            StandardError.print("sluice: \(failure.message)")
            throw failure.code
        }
    }
}
