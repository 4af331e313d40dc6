import Foundation

/// A program that a person runs on a terminal, and answers.
///
/// Python's standard library has the pseudo terminal, and what an authenticator app does.
enum TerminalDialogue {
    struct Step: Encodable {
        /// What the program shows before it waits.
        var question: String
        var answer: String
        /// Instead of `answer`: the code that an app makes of this secret, or of the one that the
        /// program has shown if this is empty.
        var secret: String?
        /// Periods from now, for a code.
        var offset = 0

        init(_ question: String, _ answer: String) {
            (self.question, self.answer) = (question, answer)
        }

        static func code(of secret: String = "", offset: Int = 0) -> Step {
            var step = Step("One-time code: ", "")
            step.secret = secret
            step.offset = offset
            return step
        }
    }

    /// - Returns: as output, what the terminal has shown.
    static func run(
        _ arguments: [String],
        _ steps: [Step],
        environment: [String: String] = [:]
    ) throws -> CommandResult {
        let text = String(decoding: try JSONEncoder().encode(steps), as: UTF8.self)
        return try runProgram(
            "python3",
            ["-c", script, text, Programs.sluice()] + arguments,
            environment: environment,
            within: .seconds(150)
        )
    }

    private static let script = """
        import base64, hmac, json, os, pty, re, select, struct, sys, time

        steps, command = json.loads(sys.argv[1]), sys.argv[2:]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        shown, deadline = b"", time.monotonic() + 120

        def read():
            global shown
            if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                sys.exit(f"nothing more is shown: {shown}")
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                piece = b""
            shown += piece
            return piece != b""

        def code(secret, offset):
            if not secret:
                secret = re.findall(rb"secret +([A-Z2-7 ]+)", shown)[-1].decode()
            key = base64.b32decode(secret.replace(" ", ""))
            counter = struct.pack(">Q", int(time.time()) // 30 + offset)
            mac = hmac.digest(key, counter, "sha1")
            start = mac[-1] & 15
            number = struct.unpack(">I", mac[start:start + 4])[0] & 0x7fffffff
            return f"{number % 1000000:06}"

        place = 0
        for step in steps:
            question = step["question"].encode()
            while shown.find(question, place) < 0:
                if not read():
                    sys.exit(f"expected {question}, shown: {shown}")
            place = shown.find(question, place) + len(question)
            secret = step.get("secret")
            answer = step["answer"] if secret is None else code(secret, step["offset"])
            os.write(terminal, answer.encode() + b"\\n")
        while read():
            pass
        sys.stdout.buffer.write(shown)
        sys.stdout.flush()
        status = os.waitpid(child, 0)[1]
        sys.exit(os.waitstatus_to_exitcode(status))
        """
}
