import Credentials
import Sockets
import Text

/// How a command gets what must not be an argument: everyone on a machine can read those.
struct Questions {
    /// Whether the answers are lines of standard input; otherwise a person types them on a terminal.
    var usesInput = false

    /// - Parameter isHidden: whether the answer is not shown while it is typed.
    func ask(_ question: String, isHidden: Bool = false) throws(CommandFailure) -> String {
        let line = usesInput ? readLine() : try askTerminal(question, isHidden)
        guard let line, !line.isEmpty else {
            throw CommandFailure(
                usesInput ? "a line is missing on standard input" : "no answer, nothing was done",
                code: GatewayExit.usage
            )
        }
        return line
    }

    /// How often a person may type a password that cannot be set.
    private static let attempts = 3

    /// A new password, typed twice on a terminal.
    ///
    /// - Parameters:
    ///   - name: of the account.
    ///   - current: the password that it replaces.
    func askNewPassword(
        of name: String,
        replacing current: String
    ) throws(CommandFailure) -> String {
        var left = usesInput ? 1 : Self.attempts
        while true {
            left -= 1
            let password = try ask("New password: ", isHidden: true)
            guard let problem = Self.problem(of: password, name, current) else {
                return try repeated(password)
            }
            guard left > 0 else { throw CommandFailure("the new password \(problem)") }
            StandardError.print("sluice: the new password \(problem)")
        }
    }

    /// What is wrong with a new password, after "the new password".
    static func problem(of password: String, _ name: String, _ current: String) -> String? {
        if password == current { return "is the current one" }
        do throws(PasswordProblem) {
            _ = try Password(new: password, of: name)
            return nil
        } catch {
            return switch error {
            case .tooShort: "has fewer than \(Password.minimumLength) characters"
            case .tooLong: "has more than \(Password.byteLimit) bytes"
            case .repetitive: "has fewer than 5 different characters"
            case .containsName, .controlCharacter: error.description
            }
        }
    }

    private func repeated(_ password: String) throws(CommandFailure) -> String {
        guard !usesInput else { return password }
        guard try ask("Repeat the new password: ", isHidden: true) == password else {
            throw CommandFailure("the two passwords differ, nothing was changed")
        }
        return password
    }

    private func askTerminal(_ question: String, _ isHidden: Bool) throws(CommandFailure)
        -> String?
    {
        // The question comes after what was printed before.
        StandardOutput.flush()
        let bytes: [UInt8]?
        do throws(SystemError) {
            let terminal = try Terminal()
            bytes =
                isHidden
                ? try terminal.readHiddenLine(question) : try terminal.readLine(question)
        } catch {
            throw CommandFailure(
                "there is no terminal to ask for this on (\(error); use --password-stdin)",
                code: GatewayExit.usage
            )
        }
        guard let bytes else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("the answer is not UTF-8 text", code: GatewayExit.usage)
        }
        return text
    }
}
