import Testing

extension IntegrationTests {
    /// What one does with lists apart from any gateway.
    @Suite("sluice cidr compile, stats and diff")
    struct CIDRCommandTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func list(_ lines: String..., name: String) throws -> String {
            try folder.write(lines.map { $0 + "\n" }.joined(), to: name)
        }

        private func cidr(_ arguments: String...) throws -> CommandResult {
            try runProgram(Programs.sluice(), ["cidr"] + arguments)
        }

        @Test("A compiled list answers as its source does, with its descriptions")
        func compile() throws {
            let source = try list("10.0.0.0/8 office", "!10.1.0.0/16 guests", name: "a.cidrs")
            let image = "\(folder.path)/a.trie"
            let compiled = try cidr("compile", source, "--output", image)
            #expect(compiled.output.contains("2 rules"), "\(compiled)")
            for file in [source, image] {
                let answer = try cidr("explain", "--rules", file, "10.1.2.3", "10.2.3.4", "::1")
                #expect(
                    answer.output == """
                        10.1.2.3\tdeny\t10.1.0.0/16\tguests
                        10.2.3.4\tallow\t10.0.0.0/8\toffice
                        ::1\tdeny\t-\t

                        """
                )
            }
            #expect(try cidr("diff", source, image).status == 0)
        }

        @Test("Several lists become one; if two contradict each other, both are named")
        func several() throws {
            let a = try list("10.0.0.0/8", name: "a.cidrs")
            let b = try list("# other", "!10.0.0.0/8", name: "b.cidrs")
            let both = try cidr("compile", a, b, "--output", "\(folder.path)/c.trie")
            #expect(both.status == 78)
            #expect(
                both.errorOutput.contains("\(b):2: 10.0.0.0/8 has the opposite action at \(a):1")
            )
            #expect(both.output.isEmpty)
            let c = try list("2001:db8::/32", name: "c.cidrs")
            #expect(try cidr("compile", a, c, "--output", "\(folder.path)/c.trie").status == 0)
        }

        @Test("A cloud's list is used as downloaded, or filtered by service and region")
        func feed() throws {
            let feed = try list(
                #"{ "prefixes": ["#,
                #"{ "ip_prefix": "3.5.140.0/22", "region": "eu-west-1", "service": "EC2" },"#,
                #"{ "ip_prefix": "3.9.0.0/16", "region": "us-east-1", "service": "S3" } ] }"#,
                name: "ip-ranges.json"
            )
            let explained = try cidr("explain", "--rules", feed, "3.5.140.1", "3.9.1.1")
            #expect(
                explained.output == """
                    3.5.140.1\tallow\t3.5.140.0/22\tEC2 eu-west-1
                    3.9.1.1\tallow\t3.9.0.0/16\tS3 us-east-1

                    """
            )
            let image = "\(folder.path)/ec2.trie"
            let compiled = try cidr("compile", feed, "--service", "ec2", "--output", image)
            #expect(compiled.output.contains("1 rule,"), "\(compiled)")
            let difference = try cidr("diff", feed, image)
            #expect(difference.status == 1 && difference.output == "-3.9.0.0/16\n")
            let nothing = try cidr(
                "compile",
                feed,
                "--service",
                "EC2",
                "--region",
                "us-east-1",
                "--output",
                image
            )
            #expect(nothing.status == 78)
            #expect(nothing.errorOutput.contains("both one of the given services and one of"))
            let slip = try cidr("stats", feed, "--region", "eu-west-2")
            #expect(slip.status == 78)
            #expect(slip.errorOutput.contains("did you mean eu-west-1?"))
        }

        @Test("A damaged image is an error with a remedy")
        func damaged() throws {
            let source = try list("10.0.0.0/8", name: "a.cidrs")
            let image = "\(folder.path)/a.trie"
            _ = try cidr("compile", source, "--output", image)
            _ = try runProgram("truncate", ["--size=-8", image])
            let answer = try cidr("explain", "--rules", image, "10.0.0.1")
            #expect(answer.status == 78)
            #expect(answer.errorOutput.contains("\(image): the compiled list is cut off"))
        }

        @Test("Lists that admit the same do not differ; others do, by blocks")
        func diff() throws {
            let old = try list("10.0.0.0/8", name: "old.cidrs")
            let same = try list("10.0.0.0/9", "10.128.0.0-10.255.255.255", name: "same.cidrs")
            let new = try list("10.0.0.0/8", "!10.255.0.0/16", "192.0.2.7", name: "new.cidrs")
            let none = try cidr("diff", old, same)
            #expect(none.status == 0 && none.output.isEmpty, "\(none)")
            let some = try cidr("diff", old, new)
            #expect(some.status == 1 && some.output == "-10.255.0.0/16\n+192.0.2.7/32\n", "\(some)")
            #expect(try cidr("diff", old, new, "--json").output.contains(#""addresses":"65536""#))
        }

        @Test("Statistics name redundant rules with their places, and a list open to all")
        func stats() throws {
            let source = try list("0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", name: "a.cidrs")
            let stats = try cidr("stats", source)
            #expect(stats.output.contains("\(source):3: 10.0.0.0/8 is covered by \(source):1"))
            #expect(stats.output.contains("every IPv4 address is admitted"))
            #expect(stats.output.contains("does not cover IPv6"))
            #expect(try cidr("stats", source, "--json").output.contains(#""idleRules":1"#))
        }

        @Test("A list may come through a pipe")
        func pipe() throws {
            let stats = try runProgram(
                "sh",
                ["-c", "echo 10.0.0.0/8 | \(Programs.sluice()) cidr stats /dev/stdin"]
            )
            #expect(stats.output.contains("admits 16777216 addresses"), "\(stats)")
        }

        @Test("A file that cannot be read or written is an error that names it")
        func files() throws {
            let source = try list("10.0.0.0/8", name: "a.cidrs")
            let missing = try cidr("stats", "\(folder.path)/missing")
            #expect(missing.status == 78)
            #expect(
                missing.errorOutput.contains("missing: no such file or directory"),
                "\(missing)"
            )
            let unwritable = try cidr("compile", source, "--output", "\(folder.path)/no/where")
            #expect(unwritable.status == 1)
            #expect(
                unwritable.errorOutput.contains("no/where: no such file or directory"),
                "\(unwritable)"
            )
        }
    }
}
