import Foundation
import Testing

@testable import Control

@Suite("The report of a configuration's check")
struct ReportTests {
    private func report(_ yaml: String) throws -> (ConfigurationReport, file: String) {
        let loaded = try load(yaml, files: ["office.cidrs": "198.51.100.0/24 branch\n"])
        return (ConfigurationReport(loaded), loaded.file)
    }

    /// The design's example, with its policy in the file.
    private static let fileExample =
        designExample.replacing("policy: store ", with: "policy: file ")

    @Test("A valid configuration is summarized in one line")
    func valid() throws {
        let (report, file) = try report(Self.fileExample)
        let lines = report.text.split(separator: "\n")
        #expect(report.valid)
        #expect(lines == ["\(file): valid (2 listeners, 1 warehouse, 3 whitelist rules)"])
    }

    @Test("If the policy is in a store, the file's rules are not counted: they may not apply")
    func stored() throws {
        let (report, file) = try report(designExample)
        let lines = report.text.split(separator: "\n")
        #expect(report.valid && lines.count == 1)
        let summary = "\(file): valid (2 listeners, 1 warehouse, policy in the store "
        #expect(lines.first?.hasPrefix(summary) == true, "\(lines)")
    }

    @Test("An invalid configuration is summarized with the number of its errors")
    func faulty() throws {
        let (report, file) = try report("policy: files\n")
        #expect(!report.valid)
        #expect(report.text.hasSuffix("\n\(file): invalid: 2 errors"))
    }

    @Test("The JSON form names file, place, path, message and remedy of each finding")
    func json() throws {
        let (report, file) = try report("policy: files\nwarehouses: []\n")
        let object = try JSONSerialization.jsonObject(with: Data(try report.json().utf8))
        let root = try #require(object as? [String: Any])
        let faults = try #require(root["faults"] as? [[String: Any]])
        let warnings = try #require(root["warnings"] as? [[String: Any]])
        #expect(root["file"] as? String == file)
        #expect(root["valid"] as? Bool == false)
        #expect(root["serves"] == nil)
        #expect(faults.count == 1)
        #expect(faults[0]["file"] as? String == file)
        #expect(faults[0]["line"] as? Int == 1)
        #expect(faults[0]["column"] as? Int == 9)
        #expect(faults[0]["path"] as? String == "policy")
        #expect((faults[0]["message"] as? String)?.contains("one of file, store") == true)
        #expect(faults[0]["remedy"] as? String == "did you mean file?")
        #expect(warnings.map { $0["path"] as? String } == ["warehouses"])
    }

    @Test("The JSON form of a valid configuration shows what it serves")
    func jsonSummary() throws {
        let (report, _) = try report(Self.fileExample)
        let object = try JSONSerialization.jsonObject(with: Data(try report.json().utf8))
        let serves = (object as? [String: Any])?["serves"] as? [String: Int]
        #expect(serves == ["listeners": 2, "warehouses": 1, "rules": 3])
    }
}
