import Foundation
import Testing

extension IntegrationTests {
    /// What others write must not steer the operator's terminal.
    @Suite("Control characters")
    struct HostileTextTests {
        /// As JSON: an escape sequence, C1's CSI, a line of its own, and a turned direction.
        private static let hostile = #"\u001b[2J\u009b31m\nsluice: all is well \u202e"#

        private func isHarmless(_ text: String) -> Bool {
            text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control: scalar == "\n" || scalar == "\t"
                case .format, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
        }

        /// Answers each request with a body, whatever it asks.
        private func foreign(_ status: String, _ body: String) throws -> ThreadedServer {
            try ThreadedServer { connection in
                _ = try connection.receive()
                let head =
                    "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
                try connection.send(head + body)
            }
        }

        @Test("A foreign management server cannot control the terminal")
        func management() throws {
            let refusal =
                #"{"success":false,"requestId":"x","code":"X","message":"\#(Self.hostile)"}"#
            let server = try foreign("400 Bad Request", refusal)
            let arguments = ["status", "--management", server.endpoint.description]
            let result = try runProgram(Programs.sluice(), arguments)
            #expect(result.status == 1)
            #expect(isHarmless(result.errorOutput), "\(result.errorOutput.debugDescription)")
            #expect(result.errorOutput.split(separator: "\n").count == 1, "one line is one message")
            #expect(result.errorOutput.contains(#"\u{1b}[2J"#))

            let list =
                #"{"success":true,"requestId":"x","data":{"total":1,"forgotten":0,"denials":"#
                + #"[{"warehouse":"\#(Self.hostile)","listener":"\#(Self.hostile)","#
                + #""source":"10.0.0.1/32","reason":"badProxyHeader","#
                + #""detail":"\#(Self.hostile)","#
                + #""count":1,"firstSeen":"2026-11-23T10:00:00Z","lastSeen":"2026-11-23T10:00:00Z"}]}}"#
            let denials = try foreign("200 OK", list)
            for format in [[], ["--json"]] {
                let arguments = ["denials", "--management", denials.endpoint.description] + format
                let result = try runProgram(Programs.sluice(), arguments)
                #expect(result.status == 0, "\(result)")
                #expect(isHarmless(result.output), "\(result.output.debugDescription)")
            }
        }

        @Test("A cloud's published list cannot control the terminal")
        func feed() throws {
            let folder = try TemporaryFolder()
            let feed = try folder.write(
                #"{"syncToken":"1","prefixes":[{"ip_prefix":"10.0.0.0/8","region":"\#(Self.hostile)","#
                    + #""service":"S3","network_border_group":"x"}],"ipv6_prefixes":[]}"#,
                to: "feed.json"
            )
            for format in [[], ["--json"]] {
                let arguments = ["cidr", "explain", "--rules", feed, "10.0.0.1"] + format
                let result = try runProgram(Programs.sluice(), arguments)
                #expect(result.output.contains("10.0.0.0/8"), "\(result)")
                #expect(isHarmless(result.output), "\(result.output.debugDescription)")
                #expect(result.output.split(separator: "\n").count == 1)
            }
        }
    }
}
