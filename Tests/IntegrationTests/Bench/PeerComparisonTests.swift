import Foundation
import Testing

extension IntegrationTests {
    /// `make bench` in its short form: that all of it runs, not what it finds.
    @Suite("The comparison with HAProxy, nginx and Envoy")
    struct PeerComparisonTests {
        private static let groups = [
            ["small-1", "small-64", "small-512", "small-4000", "churn"],
            ["download", "upload", "small-beside-bulk", "beside-stalled"],
            ["idle", "mysql", "mysql-logins"],
            ["list-churn", "generator"],
        ]

        private struct Findings: Decodable {
            struct Scenario: Decodable {
                let name: String
                let targets: [Target]
            }

            struct Target: Decodable {
                let name: String
                let metrics: [String: Spread?]
            }

            struct Spread: Decodable {
                let median: Double
            }

            let scenarios: [Scenario]
            let problems: [String]
        }

        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
        }

        private func compare(_ arguments: [String]) throws -> CommandResult {
            let script = URL(fileURLWithPath: #filePath)
                .deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Benchmarks/peers/run.py").path
            return try runProgram(
                "python3",
                [script, "--sluice", try Programs.sluice(), "--results", folder.path] + arguments,
                within: .seconds(110)
            )
        }

        @Test("Every scenario runs against every proxy, and measures it", arguments: groups)
        func short(scenarios: [String]) throws {
            let names = scenarios.joined(separator: ",")
            let result = try compare(["--short", "--only", names])
            #expect(result.status == 0, "\(result)")
            let json = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/peers.json"))
            let findings = try JSONDecoder().decode(Findings.self, from: json)
            #expect(findings.problems == [])
            #expect(findings.scenarios.map(\.name) == scenarios)
            for scenario in findings.scenarios { expectMeasured(scenario) }
            let page = try String(contentsOfFile: "\(folder.path)/peers.html", encoding: .utf8)
            #expect(page.contains("<svg"))
        }

        private func expectMeasured(_ scenario: Findings.Scenario) {
            let names = scenario.targets.map(\.name)
            switch scenario.name {
            case "list-churn": #expect(names.count == 2)
            case "generator": #expect(names.count >= 1)
            default: #expect(Set(names).isSuperset(of: ["haproxy", "nginx", "envoy", "sluice"]))
            }
            let key =
                switch scenario.name {
                case "idle": "anonymousBytesPerConnection"
                case "small-beside-bulk", "beside-stalled": "p50Microseconds"
                default: "bytesPerSecond"
                }
            for target in scenario.targets where scenario.name != "generator" {
                let value = target.metrics[key].flatMap(\.self)?.median ?? 0
                #expect(value > 0, "\(scenario.name), \(target.name)")
            }
        }

        @Test("Every scenario is covered by these tests")
        func allScenarios() throws {
            let result = try compare(["--list-scenarios"])
            let names = result.output.split(separator: "\n").compactMap { line in
                line.split(separator: " ").first.map(String.init)
            }
            #expect(names == Self.groups.flatMap(\.self))
        }
    }
}
