import Foundation
import Testing

extension IntegrationTests {
    /// The table of exit codes in docs/operations.md.
    @Suite("Exit codes")
    struct ExitCodeTests {
        private func status(_ arguments: [String]) throws -> CommandResult {
            try runProgram(Programs.sluice(), arguments)
        }

        @Test(
            "Incorrect usage is 64, and the message is on standard error",
            arguments: [
                ["nonsense"], ["help", "nonsense"], ["help", "sessions", "nonsense"],
                ["serve", "--nonsense"], ["status", "--management", "7080"],
                ["status", "--management", "127.0.0.1"], ["denials", "--since", "yesterday"],
                ["denials", "--limit", "-1"], ["sessions", "--limit", "100001"],
                ["explain", "--warehouse", "W"], ["explain", "--warehouse", "W", "--source", "x"],
                [
                    "explain", "--warehouse", "W", "--source", "10.0.0.1", "--endpoint", "amazon:1",
                ],
            ]
        )
        func usage(arguments: [String]) throws {
            let result = try status(arguments)
            #expect(result.status == 64, "\(result)")
            #expect(!result.errorOutput.isEmpty && result.output.isEmpty)
        }

        @Test(
            "An unknown command is named, whatever follows it",
            arguments: [
                (["run", "--config", "x"], "unknown command \"run\""),
                (["chekc", "--config", "x"], "unknown command \"chekc\" (did you mean check?)"),
                (
                    ["cidr", "explian", "x"],
                    "unknown subcommand \"explian\" (did you mean explain? sluice cidr has"
                ),
            ]
        )
        func unknownCommand(arguments: [String], words: String) throws {
            let result = try status(arguments)
            #expect(result.status == 64 && result.errorOutput.contains(words), "\(result)")
        }

        @Test(
            "Help is 0",
            arguments: [["help"], ["help", "sessions", "close"], ["--help"], ["--version"]]
        )
        func help(arguments: [String]) throws {
            let result = try status(arguments)
            #expect(result.status == 0, "\(result)")
            #expect(!result.output.isEmpty && result.errorOutput.isEmpty)
        }

        @Test("Without a gateway it is 69")
        func noGateway() throws {
            let address = ["--management", try Endpoint.free().description]
            for command in [
                ["status"], ["sessions"], ["denials"], ["endpoint"], ["whitelist"], ["key"],
                ["explain", "--warehouse", "W", "--source", "10.0.0.1"],
            ] {
                #expect(try status(command + address).status == 69, "\(command)")
            }
        }

        @Test("Without a running gateway, a command that needs one says so, also with --config")
        func startFirst() throws {
            let folder = try TemporaryFolder()
            let file = GatewayFile(try ListenerFile("tcp", to: .free()))
            let path = try folder.write(file.text(management: .free()), to: "sluice.yaml")
            for command in [["key", "disable", "x"], ["audit"], ["audit", "export"], ["status"]] {
                let result = try status(command + ["--config", path])
                #expect(result.status == 69, "\(result)")
                #expect(result.errorOutput.contains("start it first"), "\(result)")
            }
        }

        @Test("A context that is unknown or exists is 64; its key can be replaced")
        func contexts() throws {
            let home = try TemporaryFolder()
            let file = "\(home.path)/sluice/contexts.json"
            func context(_ line: String) throws -> CommandResult {
                try runProgram(
                    Programs.sluice(),
                    line.split(separator: " ").map(String.init),
                    environment: ["XDG_CONFIG_HOME": home.path, "SLUICE_API_KEY": ""]
                )
            }
            let add = "context add a --management 127.0.0.1:1 --key sk-1"
            #expect(try context(add).status == 0)
            let again = try context(add)
            #expect(again.status == 64, "\(again)")
            #expect(again.errorOutput.contains("sluice context set-key a"), "\(again)")
            for line in ["status --context b", "context use b", "context set-key b --key sk-2"] {
                let unknown = try context(line)
                #expect(unknown.status == 64, "\(unknown)")
                #expect(unknown.errorOutput.contains(#"unknown context "b""#), "\(unknown)")
            }
            #expect(try context("context set-key a").status == 64)
            #expect(try context("context set-key a --key sk-2").status == 0)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.contains("sk-2") && !text.contains("sk-1"), "\(text)")
            for mode in [0o644, 0o666] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode],
                    ofItemAtPath: file
                )
                for line in ["context", "status", "context set-key a --key sk-3"] {
                    let exposed = try context(line)
                    #expect(exposed.status == 78 && exposed.output.isEmpty, "\(exposed)")
                    #expect(exposed.errorOutput.contains("chmod 600"), "\(exposed)")
                }
            }
        }

        @Test("explain is 0 for an admitted client, 1 for a denied one, 2 without an answer")
        func explain() throws {
            let folder = try TemporaryFolder()
            let rule = "{ mode: specific, entries: [ { cidr: 10.0.0.0/8 } ] }"
            let file = GatewayFile(try ListenerFile("tcp", to: .free()), whitelist: rule)
            let path = try folder.write(file.text(management: .free()), to: "sluice.yaml")
            for (source, warehouse, expected) in [
                ("10.0.0.1", "WHTEST", Int32(0)), ("11.0.0.1", "WHTEST", 1), ("10.0.0.1", "X", 2),
            ] {
                let result = try status([
                    "explain", "--config", path, "--warehouse", warehouse, "--source", source,
                ])
                #expect(result.status == expected, "\(result)")
            }
            let faulty = try folder.write("warehouses: 7\n", to: "faulty.yaml")
            let result = try status([
                "explain", "--config", faulty, "--warehouse", "W", "--source", "10.0.0.1",
            ])
            #expect(result.status == 78)
        }

        @Test("Without a file, serve and check name the standard paths, and exit with 78")
        func noFile() throws {
            // A process of a test begins in a folder of its own, which is empty.
            let folder = try TemporaryFolder()
            let standard = "/etc/sluice/sluice.yaml"
            try #require(!FileManager.default.fileExists(atPath: standard))
            for command in ["serve", "check"] {
                let script = #"cd "$0" && exec "$1" "$2""#
                let result = try runProgram(
                    "/bin/sh",
                    ["-c", script, folder.path, Programs.sluice(), command]
                )
                let text = result.output + result.errorOutput
                #expect(result.status == 78, "\(result)")
                #expect(text.contains("neither sluice.yaml nor \(standard) exists"), "\(text)")
                #expect(text.contains("use --config FILE"), "\(text)")
            }
        }

        @Test("A filter with an unknown warehouse is 1, with a suggestion")
        func unknownWarehouse() throws {
            let sluice = try SluiceProcess(GatewayFile(try ListenerFile("tcp", to: .free())))
            let address = ["--management", sluice.management.description]
            for command in ["sessions", "denials"] {
                let unknown = try status([command, "--warehouse", "WHTST"] + address)
                #expect(unknown.status == 1 && unknown.output.isEmpty, "\(unknown)")
                #expect(unknown.errorOutput.contains("did you mean WHTEST?"), "\(unknown)")
                let known = try status([command, "--warehouse", "WHTEST"] + address)
                #expect(known.status == 0 && known.errorOutput.isEmpty, "\(known)")
                let listener = try status([command, "--listener", "x"] + address)
                #expect(listener.status == 1, "\(listener)")
                #expect(listener.errorOutput.contains("unknown listener"), "\(listener)")
            }
        }

        @Test("The help of check names the address that --live queries")
        func checkHelp() throws {
            let help = try status(["check", "--help"]).output
            #expect(help.contains("(default: the file's management.listen)"), "\(help)")
            #expect(!help.contains("127.0.0.1:7080"), "\(help)")
        }

        @Test("check --live without a gateway still reports on the file, and is 69")
        func checkLive() throws {
            let folder = try TemporaryFolder()
            let management = try Endpoint.free()
            let entry = "{ cidr: 10.0.0.0/8, expires: 2020-01-01T00:00:00Z }"
            let file = GatewayFile(
                try ListenerFile("tcp", to: .free()),
                whitelist: "{ mode: specific, entries: [ \(entry) ] }"
            )
            let path = try folder.write(file.text(management: management), to: "sluice.yaml")
            let result = try status(["check", "--config", path, "--live"])
            #expect(result.status == 69)
            #expect(result.output.contains("warning: "))
            #expect(result.output.contains("valid (1 listener"))
            #expect(result.errorOutput.contains(management.description), "\(result)")
            let faulty = try folder.write("warehouses: 7\n", to: "faulty.yaml")
            #expect(try status(["check", "--config", faulty, "--live"]).status == 78)
        }
    }
}
