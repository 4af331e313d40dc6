import Testing

extension IntegrationTests {
    /// `sluice cidr explain`: one line for each address, of four columns.
    @Suite("sluice cidr explain")
    struct ExplainTests {
        private static let rules = """
            # allowed offices
            203.0.113.0/24 office
            203.0.113.128/25 the new wing
            !203.0.113.66 blocked
            2001:db8::/32 branch, with a comma
            ::ffff:198.51.100.0/120 mapped
            """

        private func explain(_ addresses: [String], input: String? = nil) throws -> CommandResult {
            let folder = try TemporaryFolder()
            let rules = try folder.write(Self.rules + "\n", to: "rules.cidrs")
            let arguments = ["cidr", "explain", "--rules", rules] + addresses
            guard let input else { return try runProgram(Programs.sluice(), arguments) }
            let file = try folder.write(input, to: "addresses")
            return try runProgram(
                "/bin/sh",
                ["-c", #"input="$1"; shift; exec "$@" < "$input""#, "sh", file]
                    + [Programs.sluice()] + arguments
            )
        }

        @Test("Each line has the address, the verdict, the block and the description")
        func columns() throws {
            let result = try explain([
                "203.0.113.5", "203.0.113.66", "203.0.113.200", "192.0.2.1", "2001:db8::1",
                "198.51.100.7",
            ])
            #expect(
                result.output == """
                    203.0.113.5\tallow\t203.0.113.0/24\toffice
                    203.0.113.66\tdeny\t203.0.113.66/32\tblocked
                    203.0.113.200\tallow\t203.0.113.128/25\tthe new wing
                    192.0.2.1\tdeny\t-\t
                    2001:db8::1\tallow\t2001:db8::/32\tbranch, with a comma
                    198.51.100.7\tallow\t198.51.100.0/24\tmapped

                    """
            )
            #expect(result.status == 0)
        }

        @Test("Addresses come from standard input too")
        func standardInput() throws {
            let result = try explain([], input: "203.0.113.5\n192.0.2.1\n")
            #expect(
                result.output
                    == "203.0.113.5\tallow\t203.0.113.0/24\toffice\n192.0.2.1\tdeny\t-\t\n"
            )
        }

        @Test("An invalid address is named", arguments: ["203.0.113.05", "300.1.2.3", "office"])
        func faulty(address: String) throws {
            let result = try explain([address])
            #expect(result.status == 1)
            #expect(result.errorOutput.contains(address))
        }

        @Test("An invalid address does not keep the others from being explained")
        func someFaulty() throws {
            let result = try explain(["bogus", "192.0.2.1", "203.0.113.0/24"])
            #expect(result.status == 1)
            #expect(result.output == "192.0.2.1\tdeny\t-\t\n")
            #expect(result.errorOutput.split(separator: "\n").count == 2)
        }

        @Test("The exit code distinguishes incorrect usage, invalid addresses and invalid lists")
        func exitCodes() throws {
            let folder = try TemporaryFolder()
            let good = try folder.write("10.0.0.0/8\n", to: "good.cidrs")
            let bad = try folder.write("10.0.0.0 10.0.0.255\n", to: "bad.cidrs")
            func status(_ arguments: String...) throws -> Int32 {
                try runProgram(Programs.sluice(), ["cidr"] + arguments).status
            }
            #expect(try status("explain", "10.0.0.1") == 64)
            #expect(try status("explain", "--rules", good, "10.0.0.1") == 0)
            #expect(try status("explain", "--rules", good, "bogus") == 1)
            #expect(try status("explain", "--rules", bad, "10.0.0.1") == 78)
            #expect(try status("stats", bad) == 78)
            #expect(try status("stats") == 64)
            #expect(try status("diff", good, bad) == 78)
            #expect(try status("compile", good) == 64)
        }
    }
}
