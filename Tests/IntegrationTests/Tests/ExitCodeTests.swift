import Testing

extension IntegrationTests {
    /// The table of exit codes in docs/operations.md.
    @Suite("Exit codes")
    struct ExitCodeTests {
        private func status(_ arguments: [String]) throws -> CommandResult {
            try runProgram(Programs.sluice(), arguments)
        }

        @Test(
            "Wrong usage is 64, and the message is on standard error",
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
            "Help is 0",
            arguments: [["help"], ["help", "sessions", "close"], ["--help"], ["--version"]]
        )
        func help(arguments: [String]) throws {
            let result = try status(arguments)
            #expect(result.status == 0, "\(result)")
            #expect(!result.output.isEmpty && result.errorOutput.isEmpty)
        }

        @Test("Where no gateway answers it is 1, but 2 for explain, whose 1 is a verdict")
        func noGateway() throws {
            let address = ["--management", try Endpoint.free().description]
            for command in [["status"], ["sessions"], ["denials"], ["endpoint"]] {
                #expect(try status(command + address).status == 1, "\(command)")
            }
            let explain = ["explain", "--warehouse", "W", "--source", "10.0.0.1"]
            #expect(try status(explain + address).status == 2)
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

        @Test("check --live without a gateway still says what it thinks of the file, and is 1")
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
            #expect(result.status == 1)
            #expect(result.output.contains("warning: "))
            #expect(result.output.contains("serves 1 listener"))
            #expect(result.errorOutput.contains(management.description), "\(result)")
            let faulty = try folder.write("warehouses: 7\n", to: "faulty.yaml")
            #expect(try status(["check", "--config", faulty, "--live"]).status == 78)
        }
    }
}
