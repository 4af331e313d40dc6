import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// What commands do if their output cannot be written.
    @Suite("Output that cannot be written")
    struct OutputTests {
        private static let full = "cannot write the output: no space left on device"

        private let site: StoreSite

        init() throws {
            site = try StoreSite(whitelist: "{ mode: anywhere, entries: [ { cidr: 127.0.0.8 } ] }")
        }

        /// Runs a command of the gateway's user, with its output redirected by a shell.
        private func run(
            _ line: String,
            _ redirection: String = "> /dev/full",
            of sluice: SluiceProcess? = nil
        ) throws -> CommandResult {
            let words = line.split(separator: " ").map(String.init)
            let place = sluice.map { ["--management", $0.management.description] } ?? []
            return try runProgram(
                "/bin/bash",
                ["-c", "set -o pipefail; \"$0\" \"$@\" \(redirection)", Programs.sluice()]
                    + words + place,
                environment: ["SLUICE_API_KEY": "", "XDG_CONFIG_HOME": "/nonexistent"]
            )
        }

        @Test("On a full disk, a command fails and gives the reason")
        func full() throws {
            let sluice = try site.start()
            for line in [
                "audit export", "audit", "audit --json", "key --json", "status", "status --json",
                "policy export", "whitelist export", "key create reader --role read",
                "backup -",
            ] {
                let result = try run(line, of: sluice)
                #expect(result.status == 1, "\(line): \(result)")
                #expect(result.errorOutput.contains(Self.full), "\(line): \(result)")
            }
            // Without a verdict.
            let verification = try run("audit verify", of: sluice)
            #expect(verification.status == 2 && verification.errorOutput.contains(Self.full))
            for line in ["--help", "--version", "help key", "context", "cidr explain --help"] {
                let result = try run(line)
                #expect(result.status == 1, "\(line): \(result)")
                #expect(result.errorOutput.contains(Self.full), "\(line): \(result)")
            }
            let limited = try runProgram(
                "/bin/bash",
                [
                    "-c", "ulimit -f 1; \"$0\" \"$@\" > \(site.folder.path)/file",
                    Programs.sluice(), "backup", "-",
                    "--management", sluice.management.description,
                ]
            )
            #expect(limited.status == 1, "\(limited)")
            #expect(limited.errorOutput.contains("cannot write the output: file too large"))
        }

        @Test("A secret that is lost comes with the command that replaces it")
        func secrets() throws {
            let sluice = try site.start()
            for (line, remedy) in [
                ("key create a --role read -q", "sluice key remove [a-z0-9]{10}, and create"),
                ("key create b --role read --json", "sluice key remove [a-z0-9]{10}, and create"),
                ("account create anna --role read -q", "sluice account reset-password anna"),
                ("account reset-password anna", "sluice account reset-password anna"),
                ("webhook create w https://example.com/ -q", "sluice webhook rotate [a-z0-9]{10}"),
                ("webhook rotate w", "sluice webhook rotate [a-z0-9]{10}"),
            ] {
                let result = try run(line, of: sluice)
                #expect(result.status == 1, "\(line): \(result)")
                #expect(result.errorOutput.contains(Self.full), "\(line): \(result)")
                #expect(try result.errorOutput.contains(Regex(remedy)), "\(line): \(result)")
            }
        }

        @Test("A reader that has seen enough ends a command silently")
        func brokenPipe() throws {
            let sluice = try site.start()
            let cut = try run("backup -", "| head -c 16", of: sluice)
            #expect(cut.status == 128 + SIGPIPE, "\(cut)")
            #expect(cut.output.hasPrefix("SQLite format 3") && cut.errorOutput.isEmpty, "\(cut)")
        }
    }
}
