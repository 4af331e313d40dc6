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

    /// A new password, typed twice on a terminal.
    func askNewPassword(_ question: String = "New password: ") throws(CommandFailure) -> String {
        let password = try ask(question, isHidden: true)
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
