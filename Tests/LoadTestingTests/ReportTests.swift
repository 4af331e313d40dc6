import Foundation
import FoundationXML
import Sockets
import Testing

@testable import LoadTesting

@Suite struct ReportTests {
    /// Two targets, two rounds each, one of them with failures.
    private static func report(name: String = "b") throws -> BenchReport {
        let good = try ScriptedServer { $0.serve() }
        let flaky = try ScriptedServer { peer in
            peer.serve {
                $0 % 3 == 2 ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" : ScriptedPeer.answer
            }
        }
        let plan = LoadPlan.brief(connections: 1, operations: 60)
        var targets = [
            TargetRounds(name: "a", address: "\(good.address)"),
            TargetRounds(name: name, address: "\(flaky.address)"),
        ]
        let own = try #require(WatchedProcess(id: getpid()))
        for _ in 0..<2 {
            targets[0].append(
                try MeasuredRun(LoadRun(.http(), on: good.address, plan: plan), watching: [own])
            )
            targets[1].append(try MeasuredRun(LoadRun(.http(), on: flaky.address, plan: plan)))
        }
        let setting = BenchReport.Setting(
            workload: "http",
            operation: "request",
            plan: plan,
            rounds: 2,
            processors: 2
        )
        return BenchReport(.madeUp, setting: setting, targets: targets)
    }

    @Test func countsWhatHappenedInAllRounds() throws {
        let report = try Self.report()
        #expect(report.targets.map(\.completed) == [120, 80])
        #expect(report.targets.map(\.failed) == [0, 40])
        #expect(report.targets[1].failures.map(\.kind) == ["status"])
        #expect(report.targets[0].ratios == nil)
        #expect(report.targets[1].ratios?["operationsPerSecond"] != nil)
        #expect(report.targets[0].processes.map(\.id) == [getpid()])
        #expect(report.failures(tolerating: 0) == ["b: 33.3% failed (40 of 120)"])
    }

    @Test func tellsAPersonEveryTargetAndEveryKindOfFailure() throws {
        let text = try Self.report().text
        for words in [
            "requests/s", "a ", "b ", "40 × unexpected HTTP status (HTTP status 500)",
            "medians of 2",
            "load generator CPU: a ", "until all operations were completed",
            "machine: 2 CPUs, X1", "command: sluice bench http", "sluice test, 2027-01-31",
        ] {
            #expect(text.contains(words), "\(text)")
        }
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
    }

    @Test func writesJSONWithStableKeys() throws {
        let data = try JSONEncoder().encode(try Self.report())
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys) == ["version", "date", "command", "machine", "setting", "targets"]
        )
        let targets = try #require(object["targets"] as? [[String: Any]])
        let keys: Set = [
            "name", "address", "completed", "failed", "failures", "failedConnects",
            "connectFailures", "warmUpFailures", "bytesReceived", "bytesSent", "openConnections",
            "latency", "connect", "metrics", "processes", "generator", "others", "rounds",
        ]
        #expect(Set(targets[0].keys) == keys)
        #expect(Set(targets[1].keys) == keys.union(["ratios"]))
        let latency = try #require(targets[0]["latency"] as? [String: Any])
        #expect(latency["count"] as? Int == 120)
        #expect(latency["lowerBounds"] as? Int == 0)
        #expect((latency["curve"] as? [Any])?.isEmpty == false)
        let rounds = try #require(targets[0]["rounds"] as? [[String: Any]])
        #expect(rounds.map { $0["ended"] as? String } == ["operations", "operations"])
        #expect(rounds.allSatisfy { $0["measuredSeconds"] as? Double ?? 0 > 0 })
        let metrics = try #require(rounds[0]["metrics"] as? [String: Double])
        #expect(
            Set(metrics.keys) == [
                "operationsPerSecond", "bytesPerSecond", "p50Microseconds",
                "processorMicrosecondsPerOperation", "processorSecondsPerGigabyte",
            ]
        )
    }

    @Test func drawsAPageThatIsWellFormedAndLoadsNothing() throws {
        let page = HTMLReport(try Self.report(name: "<script>&\"b'")).page
        let parser = XMLParser(data: Data(page.replacing("<!DOCTYPE html>", with: "").utf8))
        let reader = PageReader()
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.names.contains("svg"))
        // Two pictures, and a key for each target.
        #expect(reader.names.filter { $0 == "svg" }.count == 2 + 2)
        #expect(reader.names.filter { $0 == "polyline" }.count == 6)
        #expect(reader.names.filter { $0 == "table" }.count == 1)
        #expect(reader.names.isDisjoint(from: ["script", "link", "img", "iframe"]))
        #expect(!page.contains("http://") && !page.contains("url("))
        #expect(page.contains("prefers-color-scheme: dark"))
        #expect(page.contains("&lt;script&gt;&amp;&quot;b&#39;"))
    }
}

private final class PageReader: NSObject, XMLParserDelegate {
    var names: [String] = []

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        names.append(name)
    }
}

extension [String] {
    fileprivate func isDisjoint(from others: [String]) -> Bool {
        Set(self).isDisjoint(with: others)
    }
}
